/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The permissions policy of documents: which of them may use cameras and microphones at all.
//! <https://w3c.github.io/webappsec-permissions-policy/>
//!
//! A frame finds what its container allows in a table of this process. A frame whose container is in another
//! process finds nothing, and may use neither: its origin is another one, which by default may not.
#![warn(unused)]

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use headers::HeaderMap;
use html5ever::local_name;
use servo_base::id::BrowsingContextId;
use servo_url::{ImmutableOrigin, ServoUrl};
use sfv::{BareItem, Dictionary, Item, ListEntry, Parser};

use crate::dom::bindings::codegen::Bindings::PermissionStatusBinding::PermissionName;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::document::Document;
use crate::dom::element::Element;
use crate::dom::html::htmliframeelement::HTMLIFrameElement;
use crate::dom::node::NodeTraits;

/// What the containers of the frames allow them, since the last navigation of each frame by its container.
static CONTAINERS: LazyLock<Mutex<HashMap<BrowsingContextId, Container>>> =
    LazyLock::new(Mutex::default);

/// The features that are controlled, each with the default allowlist `'self'`.
const FEATURES: [(PermissionName, &str); 2] = [
    (PermissionName::Camera, "camera"),
    (PermissionName::Microphone, "microphone"),
];

/// The origins that may use a feature.
#[derive(Clone, Default)]
struct Allowlist {
    is_everyone: bool,
    origins: Vec<ImmutableOrigin>,
}

/// The allowlists that a document or a container declares, by feature.
#[derive(Clone, Default)]
pub(crate) struct DeclaredPolicy(HashMap<String, Allowlist>);

/// The container of a frame.
struct Container {
    origin: ImmutableOrigin,
    /// The features that its document may use.
    usable: Vec<&'static str>,
    /// What its document declares.
    of_document: DeclaredPolicy,
    /// What its `allow` attribute declares.
    of_attribute: DeclaredPolicy,
}

/// Whether a document may use a feature.
/// <https://w3c.github.io/webappsec-permissions-policy/#algo-is-feature-enabled>
pub(crate) fn is_enabled(document: &Document, name: PermissionName) -> bool {
    let feature = FEATURES.into_iter().find(|(other, _)| *other == name);
    feature.is_none_or(|(_, feature)| is_feature_enabled(document, feature))
}

/// Handles that a container navigates its frame.
pub(crate) fn handle_navigation(container: &HTMLIFrameElement, frame: BrowsingContextId) {
    let container = Container::new(container);
    CONTAINERS.lock().unwrap().insert(frame, container);
}

/// Handles that a frame is gone.
pub(crate) fn forget(frame: BrowsingContextId) {
    CONTAINERS.lock().unwrap().remove(&frame);
}

fn is_feature_enabled(document: &Document, feature: &str) -> bool {
    let origin = document.origin().immutable().clone();
    is_inherited(document, feature, &origin) && document.declared_policy().allows(feature, &origin)
}

/// Whether the container of a document lets its origin use a feature.
/// <https://w3c.github.io/webappsec-permissions-policy/#algo-define-inherited-policy-in-container>
fn is_inherited(document: &Document, feature: &str, origin: &ImmutableOrigin) -> bool {
    let window = document.window();
    if window.is_top_level() {
        return true;
    }
    let frame = window.window_proxy().browsing_context_id();
    let containers = CONTAINERS.lock().unwrap();
    let container = containers.get(&frame);
    container.is_some_and(|container| container.allows(feature, origin))
}

impl Container {
    fn new(element: &HTMLIFrameElement) -> Self {
        let document = element.owner_document();
        let is_usable = |feature: &&'static str| is_feature_enabled(&document, feature);
        let features = FEATURES.into_iter().map(|(_, feature)| feature);
        Self {
            origin: document.origin().immutable().clone(),
            usable: features.filter(is_usable).collect(),
            of_document: document.declared_policy(),
            of_attribute: DeclaredPolicy::of_attribute(element, &document),
        }
    }

    fn allows(&self, feature: &str, origin: &ImmutableOrigin) -> bool {
        if !self.usable.contains(&feature) || !self.of_document.allows(feature, origin) {
            return false;
        }
        match self.of_attribute.0.get(feature) {
            Some(allowlist) => allowlist.contains(origin),
            None => *origin == self.origin,
        }
    }
}

impl DeclaredPolicy {
    /// Returns what the headers of a document of `origin` declare.
    /// <https://w3c.github.io/webappsec-permissions-policy/#algo-process-response-policy>
    pub(crate) fn of_headers(headers: &HeaderMap, origin: &ImmutableOrigin) -> Self {
        let headers = headers.get_all("permissions-policy");
        let headers: Vec<_> = headers.iter().map(|header| header.as_bytes()).collect();
        let Ok(dictionary) = Parser::new(&headers.join(&b", "[..])).parse::<Dictionary>() else {
            return Self::default();
        };
        let lists = dictionary.iter().map(|(feature, entry)| {
            let items = match entry {
                ListEntry::Item(item) => std::slice::from_ref(item),
                ListEntry::InnerList(list) => &list.items,
            };
            (
                feature.as_str().to_owned(),
                Allowlist::of_items(items, origin),
            )
        });
        Self(lists.collect())
    }

    /// Returns what the `allow` attribute of a container declares.
    /// <https://w3c.github.io/webappsec-permissions-policy/#algo-parse-policy-directive>
    fn of_attribute(element: &HTMLIFrameElement, document: &Document) -> Self {
        let origin = document.origin().immutable().clone();
        let source = declared_origin(element, document);
        let attribute = element.upcast::<Element>();
        let attribute = attribute.get_attribute_string_value(&local_name!("allow"));
        let mut policy = Self::default();
        for directive in attribute.unwrap_or_default().split(';') {
            let mut words = directive.split_ascii_whitespace();
            if let Some(feature) = words.next() {
                let allowlist = Allowlist::of_words(words, &origin, &source);
                policy.0.entry(feature.to_owned()).or_insert(allowlist);
            }
        }
        policy
    }

    fn allows(&self, feature: &str, origin: &ImmutableOrigin) -> bool {
        let allowlist = self.0.get(feature);
        allowlist.is_none_or(|allowlist| allowlist.contains(origin))
    }
}

impl Allowlist {
    fn contains(&self, origin: &ImmutableOrigin) -> bool {
        self.is_everyone || self.origins.contains(origin)
    }

    fn of_items(items: &[Item], own: &ImmutableOrigin) -> Self {
        let mut list = Self::default();
        for item in items {
            match &item.bare_item {
                BareItem::Token(token) if token.as_str() == "*" => list.is_everyone = true,
                BareItem::Token(token) if token.as_str() == "self" => {
                    list.origins.push(own.clone())
                },
                BareItem::String(url) => list.add_origin_of(url.as_str()),
                _ => {},
            }
        }
        list
    }

    fn of_words<'a>(
        words: impl Iterator<Item = &'a str>,
        own: &ImmutableOrigin,
        source: &ImmutableOrigin,
    ) -> Self {
        let mut words = words.peekable();
        let mut list = Self::default();
        if words.peek().is_none() {
            list.origins.push(source.clone());
        }
        for word in words {
            match word {
                "*" => list.is_everyone = true,
                "'self'" => list.origins.push(own.clone()),
                "'src'" => list.origins.push(source.clone()),
                "'none'" => {},
                url => list.add_origin_of(url),
            }
        }
        list
    }

    fn add_origin_of(&mut self, url: &str) {
        let url = ServoUrl::parse(url);
        self.origins.extend(url.ok().map(|url| url.origin()));
    }
}

/// <https://w3c.github.io/webappsec-permissions-policy/#declared-origin>
fn declared_origin(element: &HTMLIFrameElement, document: &Document) -> ImmutableOrigin {
    let own = || document.origin().immutable().clone();
    let element = element.upcast::<Element>();
    if element.has_attribute(&local_name!("srcdoc")) {
        return own();
    }
    let source = element.get_attribute_string_value(&local_name!("src"));
    let url = source.and_then(|source| document.encoding_parse_a_url(&source).ok());
    match url {
        Some(url) if url.scheme() != "about" => url.origin(),
        _ => own(),
    }
}

/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the form of a URL, and of who may resolve and revoke it.

use blob_url::BlobUrlStore;

/// The origins of an engine.
#[derive(Clone, Debug, PartialEq)]
enum Origin {
    Opaque(u32),
    Tuple(&'static str),
}

impl Origin {
    fn serialize(&self) -> &'static str {
        match self {
            Self::Opaque(_) => "null",
            Self::Tuple(serialization) => serialization,
        }
    }
}

type Store = BlobUrlStore<Object, &'static str, Origin>;

fn add(store: &Store, origin: &Origin, object: Object) -> String {
    store.add_an_entry("window", origin.clone(), origin.serialize(), object)
}

/// The objects that an engine puts into its store.
#[derive(Clone, Debug, PartialEq)]
enum Object {
    Blob(&'static str),
    MediaSource(u32),
}

const EXAMPLE: Origin = Origin::Tuple("https://example.org");

const OTHER: Origin = Origin::Tuple("https://other.example");

/// <https://w3c.github.io/FileAPI/#unicodeBlobURL>,
/// <https://w3c.github.io/FileAPI/#add-an-entry>
#[test]
fn a_url_names_its_origin_and_a_uuid() {
    let store = Store::new();
    let url = add(&store, &EXAMPLE, Object::Blob("data"));
    let id = url
        .strip_prefix("blob:https://example.org/")
        .expect("the origin comes first");
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
    assert_ne!(url, add(&store, &EXAMPLE, Object::Blob("data")));
    let opaque = add(&store, &Origin::Opaque(7), Object::Blob("data"));
    assert!(opaque.starts_with("blob:null/"), "{opaque}");
}

/// <https://w3c.github.io/FileAPI/#blob-url-resolve>
#[test]
fn a_url_resolves_with_any_fragment_and_no_other_difference() {
    let store = Store::new();
    let blob = add(&store, &EXAMPLE, Object::Blob("data"));
    let media_source = add(&store, &EXAMPLE, Object::MediaSource(5));
    let resolve = |url: &str| store.resolve(url, &EXAMPLE);
    assert_eq!(resolve(&blob), Some(Object::Blob("data")));
    assert_eq!(resolve(&media_source), Some(Object::MediaSource(5)));
    for fragment in ["#", "#t=1", "#a#b", "#?query/"] {
        assert_eq!(
            resolve(&format!("{blob}{fragment}")),
            Some(Object::Blob("data"))
        );
    }
    let (origin, id) = blob.rsplit_once('/').expect("a slash is before the UUID");
    for url in [
        format!("{blob}?query"),
        format!("{blob}/"),
        format!("{blob}/path"),
        format!("{origin}/{}", id.to_uppercase()),
        format!("{origin}/{}", id.replace('-', "")),
        format!("{origin}/{{{id}}}"),
        format!("blob:https://other.example/{id}"),
        format!("blob:{id}"),
        format!("https://example.org/{id}"),
        format!("{origin}/00000000-0000-4000-8000-000000000000"),
        "blob:".to_owned(),
        "blob:null/".to_owned(),
        "#".to_owned(),
        String::new(),
    ] {
        assert_eq!(resolve(&url), None, "{url}");
    }
}

/// <https://w3c.github.io/FileAPI/#blob-url-resolve>,
/// <https://w3c.github.io/FileAPI/#dfn-revokeObjectURL>
#[test]
fn one_origin_never_resolves_or_revokes_anothers() {
    let store = Store::new();
    for (owner, strangers) in [
        (EXAMPLE, [OTHER, Origin::Opaque(1)]),
        // Both are written as "null".
        (Origin::Opaque(1), [Origin::Opaque(2), EXAMPLE]),
        (
            Origin::Tuple("https://example.org:8443"),
            [EXAMPLE, Origin::Tuple("null")],
        ),
    ] {
        let url = add(&store, &owner, Object::MediaSource(1));
        for stranger in strangers {
            assert_eq!(store.resolve(&url, &stranger), None);
            assert!(!store.revoke(&url, &stranger));
        }
        assert_eq!(store.resolve(&url, &owner), Some(Object::MediaSource(1)));
        assert!(store.revoke(&url, &owner));
    }
    // A tuple origin that somebody wrote as "null" is not an opaque one.
    let url = add(&store, &Origin::Opaque(1), Object::MediaSource(1));
    assert_eq!(store.resolve(&url, &Origin::Tuple("null")), None);
}

/// <https://w3c.github.io/FileAPI/#dfn-revokeObjectURL>,
/// <https://w3c.github.io/FileAPI/#removeTheEntry>
#[test]
fn a_revoked_url_resolves_no_more() {
    let store = Store::new();
    let url = add(&store, &EXAMPLE, Object::Blob("data"));
    assert!(!store.revoke(&format!("{url}#t=1"), &EXAMPLE));
    assert!(!store.revoke(&format!("{url}?query"), &EXAMPLE));
    assert!(!store.revoke("blob:https://example.org/nonsense", &EXAMPLE));
    assert_eq!(store.len(), 1);
    assert!(store.revoke(&url, &EXAMPLE));
    assert!(!store.revoke(&url, &EXAMPLE));
    assert_eq!(store.resolve(&url, &EXAMPLE), None);
    assert!(store.is_empty());
}

/// <https://w3c.github.io/FileAPI/#dfn-revokeObjectURL>
#[test]
fn an_environment_revokes_what_another_of_its_origin_made() {
    let store = Store::new();
    let url = store.add_an_entry("frame", EXAMPLE, EXAMPLE.serialize(), Object::Blob("data"));
    assert!(store.revoke(&url, &EXAMPLE));
    store.remove_environment(&"frame");
    assert!(store.is_empty());
}

/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the command line names as the page: a URL, or a file that is to be served.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use url::{Host, Url};

/// The page to show.
#[derive(Debug, PartialEq)]
pub enum Page {
    /// A page at a URL.
    Url(Url),
    /// A file, to be served over http together with the folder it lies in.
    File {
        /// The folder served, absolute.
        root: PathBuf,
        /// The page, relative to `root`.
        path: PathBuf,
    },
}

impl Page {
    /// Tells which page `name` is. An existing file comes before a URL. Both names are relative to
    /// `current_directory`, which is absolute. What is served is the folder `served`, or the file's
    /// own folder where it is `None`.
    pub fn from_name(
        name: &str,
        served: Option<&Path>,
        current_directory: &Path,
    ) -> Result<Self, String> {
        let file = current_directory.join(name);
        if file.is_dir() {
            return Err(format!("{name} is a folder; name a page in it"));
        }
        if !file.exists() {
            return Url::parse(name).map(Self::Url).map_err(|_| {
                format!(
                    "{name} is neither a file that exists nor a URL \
                     (which starts with its scheme, as in https://example.org/)"
                )
            });
        }
        let file = file
            .canonicalize()
            .map_err(|error| cannot_read(name, error))?;
        let root = match served {
            Some(folder) => current_directory
                .join(folder)
                .canonicalize()
                .map_err(|error| cannot_read(folder.display(), error))?,
            None => file.parent().expect("a file has a folder").to_owned(),
        };
        let path = file.strip_prefix(&root).map_err(|_| {
            format!(
                "{name} does not lie in the folder {}, which --serve names",
                root.display()
            )
        })?;
        let path = path.to_owned();
        Ok(Self::File { root, path })
    }
}

/// The URL of `path` on a server of its root folder at `base`.
pub fn url_of_path(base: &Url, path: &Path) -> Result<Url, String> {
    let mut url = base.clone();
    let mut segments = url.path_segments_mut().expect("an http URL has a path");
    segments.pop_if_empty();
    for component in path {
        segments.push(component.to_str().ok_or_else(|| {
            format!("{} cannot be served: its name is not UTF-8", path.display())
        })?);
    }
    drop(segments);
    Ok(url)
}

/// Whether the host of `url` is this machine (or a name under `.test`, which test servers use),
/// where a proxy would not find it.
pub fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            matches!(name.rsplit('.').next(), Some("localhost") | Some("test"))
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The sentence for a file that cannot be read.
pub fn cannot_read(name: impl Display, error: std::io::Error) -> String {
    format!("cannot read {name}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn a_name_that_is_no_file_is_a_url() {
        let page = Page::from_name("https://example.org/a", None, Path::new("/"));
        assert_eq!(page, Ok(Page::Url(url("https://example.org/a"))));
    }

    #[test]
    fn a_file_is_served_with_its_folder_or_the_one_that_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("a path");
        let below = root.join("pages");
        std::fs::create_dir(&below).expect("a folder");
        std::fs::write(below.join("a b.html"), "").expect("a file");
        let page = |root: &Path, path: &str| {
            Ok(Page::File {
                root: root.to_owned(),
                path: path.into(),
            })
        };

        let from_root = |served| Page::from_name("pages/a b.html", served, &root);
        assert_eq!(from_root(None), page(&below, "a b.html"));
        let named = Some(Path::new("."));
        assert_eq!(from_root(named), page(&root, "pages/a b.html"));

        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let name = below.join("a b.html");
        let from_elsewhere =
            |served| Page::from_name(name.to_str().expect("UTF-8"), served, elsewhere.path());
        assert_eq!(from_elsewhere(None), page(&below, "a b.html"));
        assert!(from_elsewhere(named).is_err());
        assert!(from_elsewhere(Some(Path::new("missing"))).is_err());
    }

    #[test]
    fn neither_a_file_nor_a_url_is_an_error() {
        assert!(Page::from_name("no-such-page.html", None, Path::new("/")).is_err());
        assert!(Page::from_name("tmp", None, Path::new("/")).is_err());
    }

    #[test]
    fn a_path_is_escaped_in_its_url() {
        let base = url("http://127.0.0.1:1234/secret/");
        let page = url_of_path(&base, Path::new("pages/a b#?%.html"));
        assert_eq!(
            page,
            Ok(url(
                "http://127.0.0.1:1234/secret/pages/a%20b%23%3F%25.html"
            ))
        );
    }

    #[test]
    fn local_hosts_are_recognized() {
        for local in [
            "127.0.0.1:1",
            "127.1.2.3",
            "localhost",
            "a.localhost",
            "[::1]",
            "web.test",
        ] {
            assert!(is_local(&url(&format!("http://{local}/"))), "{local}");
        }
        for remote in [
            "example.org",
            "10.0.0.1",
            "test.example.org",
            "[2001:db8::1]",
        ] {
            assert!(!is_local(&url(&format!("http://{remote}/"))), "{remote}");
        }
        assert!(!is_local(&url("data:text/html,")));
    }
}

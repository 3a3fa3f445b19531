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
    /// Tells which page `name` is. An existing file comes before a URL. The folder served is
    /// `current_directory` (absolute) where the file lies below it, so that the files which the
    /// page refers to with `../` are served too, and the file's own folder otherwise.
    pub fn from_name(name: &str, current_directory: &Path) -> Result<Self, String> {
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
        let cannot_read = |error| cannot_read(name, error);
        let file = file.canonicalize().map_err(cannot_read)?;
        let current_directory = current_directory.canonicalize().map_err(cannot_read)?;
        let root = if file.starts_with(&current_directory) {
            current_directory
        } else {
            file.parent().expect("a file has a folder").to_owned()
        };
        let path = file
            .strip_prefix(&root)
            .expect("the file lies in its root")
            .to_owned();
        Ok(Self::File { root, path })
    }
}

/// The URL of `path` on a server of its root folder at `base`.
pub fn url_of_path(base: &Url, path: &Path) -> Result<Url, String> {
    let mut url = base.clone();
    let mut segments = url.path_segments_mut().expect("an http URL has a path");
    segments.clear();
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
        let page = Page::from_name("https://example.org/a", Path::new("/"));
        assert_eq!(page, Ok(Page::Url(url("https://example.org/a"))));
    }

    #[test]
    fn a_file_is_served_from_the_current_folder_or_its_own() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("a path");
        let below = root.join("pages");
        std::fs::create_dir(&below).expect("a folder");
        std::fs::write(below.join("a b.html"), "").expect("a file");

        let from_root = Page::from_name("pages/a b.html", &root);
        let path = PathBuf::from("pages/a b.html");
        assert_eq!(
            from_root,
            Ok(Page::File {
                root: root.clone(),
                path
            })
        );

        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let name = below.join("a b.html");
        let from_elsewhere = Page::from_name(name.to_str().expect("UTF-8"), elsewhere.path());
        let path = PathBuf::from("a b.html");
        assert_eq!(from_elsewhere, Ok(Page::File { root: below, path }));
    }

    #[test]
    fn neither_a_file_nor_a_url_is_an_error() {
        assert!(Page::from_name("no-such-page.html", Path::new("/")).is_err());
        assert!(Page::from_name("tmp", Path::new("/")).is_err());
    }

    #[test]
    fn a_path_is_escaped_in_its_url() {
        let base = url("http://127.0.0.1:1234/");
        let page = url_of_path(&base, Path::new("pages/a b#?%.html"));
        assert_eq!(
            page,
            Ok(url("http://127.0.0.1:1234/pages/a%20b%23%3F%25.html"))
        );
    }

    #[test]
    fn local_hosts() {
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

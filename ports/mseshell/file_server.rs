/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A folder of this machine served over http, so that a page that is a file has an origin: `fetch`,
//! range requests and reading back a canvas work as they do for a page of a web site.
//!
//! Any program of this machine, and any web page in another browser, can send requests to the port.
//! So the path begins with a segment that nobody can guess, and a request must name this server as
//! its host: a web site whose name is made to lead here (DNS rebinding) names another one. Whoever
//! knows the path, such as the page itself, still gets only what lies in the folder for the page:
//! no hidden file, and nothing that a symbolic link brings in from elsewhere.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;

use url::Url;
use uuid::Uuid;
use warp::fs::File;
use warp::{Filter, Rejection};

/// Serves the files below `root` on a free port of 127.0.0.1 until the process ends, and returns
/// the URL of `root`.
pub fn serve(root: &Path) -> io::Result<Url> {
    let root = root.canonicalize()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let secret = Uuid::new_v4().to_string();
    let url = format!("http://{address}/{secret}/");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let files = files(root, address.port(), secret);
    thread::Builder::new()
        .name("FileServer".to_owned())
        .spawn(move || runtime.block_on(answer_requests(listener, files)))?;
    Ok(Url::parse(&url).expect("an address makes a URL"))
}

async fn answer_requests<F>(listener: TcpListener, files: F)
where
    F: Filter<Extract = (File,), Error = Rejection> + Clone + Send + Sync + 'static,
{
    match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => warp::serve(files).incoming(listener).run().await,
        Err(error) => eprintln!("mseshell: files cannot be served: {error}"),
    }
}

/// Answers requests for what lies below `root`, which is canonical. The others are answered as if
/// nothing was there, whatever is wrong with them.
fn files(
    root: PathBuf,
    port: u16,
    secret: String,
) -> impl Filter<Extract = (File,), Error = Rejection> + Clone {
    let root = Arc::new(root);
    // These names lead here in every browser. A page has a second origin by the other one.
    let hosts = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"));
    let names_this_host = warp::header::<String>("host").and_then(move |named: String| {
        let is_named = hosts.contains(&named);
        async move { require(is_named) }
    });
    names_this_host
        .untuple_one()
        .and(warp::path(secret))
        .and(warp::fs::dir(root.to_path_buf()))
        .and_then(move |file: File| {
            let is_open = is_open(&root, file.path());
            async move { require(is_open).map(|()| file) }
        })
}

fn require(holds: bool) -> Result<(), Rejection> {
    holds.then_some(()).ok_or_else(warp::reject::not_found)
}

/// Whether the page may have the file: where it really lies is below `root`, and neither it nor a
/// folder on the way is hidden.
fn is_open(root: &Path, file: &Path) -> bool {
    let is_hidden = |component: Component<'_>| component.as_os_str().as_encoded_bytes()[0] == b'.';
    let below_root = |file: &Path| file.strip_prefix(root).map(Path::to_owned).ok();
    let (asked_for, real) = (below_root(file), file.canonicalize().ok());
    let real = real.and_then(|real| below_root(&real));
    [asked_for, real]
        .into_iter()
        .all(|path| path.is_some_and(|path| !path.components().any(is_hidden)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with a page, a hidden file, a hidden folder, and links; a secret lies beside it.
    struct Site {
        _folder: tempfile::TempDir,
        url: Url,
    }

    impl Site {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let outside = folder.path();
            let root = outside.join("site");
            for place in ["site", "site/pages", "site/.git", "elsewhere"] {
                fs::create_dir(outside.join(place)).expect("a folder");
            }
            for file in [
                "site/page.html",
                "site/pages/a b.html",
                "site/.netrc",
                "site/.git/config",
                "elsewhere/secret",
            ] {
                fs::write(outside.join(file), "text").expect("a file");
            }
            for (name, target) in [
                ("inside", "pages"),
                ("outside", "../elsewhere"),
                ("secret", "../elsewhere/secret"),
                ("shown", ".netrc"),
                ("up", ".."),
            ] {
                symlink(target, root.join(name)).expect("a link");
            }
            let url = serve(&root).expect("a free port");
            Self {
                _folder: folder,
                url,
            }
        }

        fn host(&self) -> String {
            let port = self.url.port().expect("a port");
            format!("127.0.0.1:{port}")
        }

        /// The status of the answer to a request for `path`, which is sent as it is.
        fn status(&self, host: &str, path: &str) -> u16 {
            let mut connection = TcpStream::connect(self.host()).expect("the server listens");
            write!(
                connection,
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            )
            .expect("the server reads");
            let mut answer = String::new();
            connection
                .read_to_string(&mut answer)
                .expect("the server answers");
            answer[9..12].parse().expect("a status")
        }

        /// Returns the status of a request for a path below the served folder.
        fn status_of(&self, path: &str) -> u16 {
            self.status(&self.host(), &format!("{}{path}", self.url.path()))
        }
    }

    #[test]
    fn files_of_the_folder_are_served() {
        let site = Site::new();
        for path in [
            "page.html",
            "pages/a%20b.html",
            "inside/a%20b.html",
            "./page.html",
        ] {
            assert_eq!(site.status_of(path), 200, "{path}");
        }
    }

    #[test]
    fn hidden_files_and_other_folders_are_not_served() {
        let site = Site::new();
        for path in [
            ".netrc",
            "%2enetrc",
            ".git/config",
            "%2Egit%2Fconfig",
            "shown",
            "secret",
            "outside/secret",
            "up/elsewhere/secret",
            "../elsewhere/secret",
            "%2e%2e/elsewhere/secret",
            "..%2felsewhere/secret",
            "%2fetc/passwd",
            "missing",
        ] {
            assert_eq!(site.status_of(path), 404, "{path}");
        }
    }

    #[test]
    fn only_those_who_know_the_path_and_name_the_host_are_answered() {
        let site = Site::new();
        let path = format!("{}page.html", site.url.path());
        let port = site.url.port().expect("a port");
        assert_eq!(site.status(&site.host(), &path), 200);
        assert_eq!(site.status(&format!("localhost:{port}"), &path), 200);
        assert_eq!(site.status(&site.host(), "/page.html"), 404);
        assert_eq!(site.status(&site.host(), "/guess/page.html"), 404);
        for host in ["attacker.example", &format!("attacker.example:{port}"), ""] {
            assert_eq!(site.status(host, &path), 404, "{host}");
        }
        assert_ne!(site.url.path(), Site::new().url.path());
    }
}

/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A folder of this machine served over http, so that a page that is a file has an origin: `fetch`,
//! range requests and reading back a canvas work as they do for a page of a web site.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;

use url::Url;

/// Serves the files below `root` on a free port of 127.0.0.1 until the process ends, and returns
/// the URL of `root`.
pub fn serve(root: PathBuf) -> io::Result<Url> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}/", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    thread::Builder::new()
        .name("FileServer".to_owned())
        .spawn(move || runtime.block_on(answer_requests(listener, root)))?;
    Ok(Url::parse(&url).expect("an address makes a URL"))
}

async fn answer_requests(listener: TcpListener, root: PathBuf) {
    match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => {
            warp::serve(warp::fs::dir(root))
                .incoming(listener)
                .run()
                .await
        }
        Err(error) => eprintln!("mseshell: files cannot be served: {error}"),
    }
}

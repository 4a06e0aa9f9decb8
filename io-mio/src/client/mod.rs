//! A client that a person uses without knowing frames.

mod backoff;
mod blocking;
mod bridge;
mod call;
mod calls;
mod error;
mod events;
mod id;
mod options;
mod origin;
mod request;
mod response;
mod running;
mod url;

pub use blocking::Client;
pub use call::{Call, Talk};
pub use calls::{CallNote, Calls};
pub use error::CallError;
pub use id::CallId;
pub use options::{ClientOptions, Observe};
pub use request::Request;
pub use response::{Pending, Response, Upload};
pub use url::UrlError;

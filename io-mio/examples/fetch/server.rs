//! A server that URLs ask, and the connection to it.

use super::options::Options;
use super::url::Origin;
use bywash_mio::proto::config::Config;
use bywash_mio::{ConnId, Connect, Connector, Cx, Target};
use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) struct Server {
    pub(crate) origin: Origin,
    /// The connection that takes new requests, open or in the making.
    pub(crate) conn: Option<ConnId>,
    /// Jobs without a stream.
    pub(crate) waiting: VecDeque<usize>,
    /// Connections in a row that ended before anything came of them.
    pub(crate) failures: u32,
}

impl Server {
    pub(crate) fn new(origin: Origin) -> Self {
        Self {
            origin,
            conn: None,
            waiting: VecDeque::new(),
            failures: 0,
        }
    }

    /// Starts to connect.
    pub(crate) fn connect(
        &mut self,
        cx: &mut Cx<'_>,
        options: &Options,
        tls: Option<&Arc<dyn Connector>>,
    ) -> ConnId {
        let origin = &self.origin;
        let mut target = Target::Name(origin.host.clone(), origin.port);
        #[cfg(unix)]
        if let Some(path) = &options.unix {
            target = Target::Unix(path.clone());
        }
        let mut config = Config::default();
        let mut connect = Connect::new(target);
        if let (true, Some(tls)) = (origin.is_secure, tls) {
            config.secure = true;
            // One record: what is framed ahead can no longer be taken back.
            config.send.commit_ahead = 16 * 1024;
            connect = connect.tls(Arc::clone(tls), origin.host.clone());
        }
        let conn = cx.connect(connect.config(config));
        self.conn = Some(conn);
        conn
    }

    /// New requests go elsewhere.
    pub(crate) fn leave(&mut self, conn: ConnId) {
        if self.conn == Some(conn) {
            self.conn = None;
        }
    }
}

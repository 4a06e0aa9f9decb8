//! A configuration fitted to its transport.

use bywash_proto::config::Config;
use std::sync::Arc;

/// One record of TLS.
const RECORD: u32 = 16 * 1024;

/// Over TLS the transport is secure, and what is sealed is committed: so only a record ahead.
pub(crate) fn fit(config: &Arc<Config>, secure: bool) -> Arc<Config> {
    if !secure || (config.secure && config.send.commit_ahead <= RECORD) {
        return Arc::clone(config);
    }
    let mut fitted = Config::clone(config);
    fitted.secure = true;
    fitted.send.commit_ahead = fitted.send.commit_ahead.min(RECORD);
    Arc::new(fitted)
}

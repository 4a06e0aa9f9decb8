//! What the long tests share: chance from a seed, small configurations, certificates.
#![allow(dead_code, unreachable_pub)]

pub mod wire;

use bywash_mio::LoopOptions;
use bywash_mio::proto::config::Config;
use bywash_mio::tls::{Certificates, ClientTls, ServerTls};
use std::sync::{Arc, OnceLock};

/// The same numbers for the same seed.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }

    /// From 0 to `most`; small numbers are as likely as large ones.
    pub fn up_to(&mut self, most: u32) -> u32 {
        let bits = self.next() as u32 % (u32::BITS - most.leading_zeros() + 1);
        (self.next() as u32 & ((1_u64 << bits) - 1) as u32).min(most)
    }
}

/// Windows, marks and frames that are tiny as often as not.
pub fn small_config(chance: &mut Chance) -> Config {
    let mut config = Config::default();
    config.settings.initial_window_size = 1 + chance.up_to(70_000);
    config.settings.max_concurrent_streams = 1 + chance.up_to(20);
    config.settings.connection_window = 65_535 + chance.up_to(100_000);
    // Nothing is refused before the peer's limit is known.
    config.send.initial_max_streams = 1;
    config.send.stream_mark = 1 + chance.up_to(40_000);
    config.send.commit_ahead = 1024 + chance.up_to(100_000);
    config.send.frame_size = 1 + chance.up_to(16_383);
    config.send.copy_below = chance.up_to(5_000);
    config.limits.reply_bytes = 256 + chance.up_to(16_000);
    // Tiny windows make tiny frames; it is stalls that are looked for, not abuse.
    config.limits.dribble.burst = 1 << 24;
    config.limits.tiny_data.burst = 1 << 24;
    config
}

/// Budgets and buffers that are small as often as not.
pub fn small_loop(chance: &mut Chance) -> LoopOptions {
    let mut options = LoopOptions::default();
    options.read_buffer = 4096 + chance.up_to(60_000) as usize;
    options.events_per_turn = 1 + chance.up_to(64);
    options.bytes_per_turn = 1 + chance.up_to(100_000) as usize;
    options
}

/// Both sides of TLS for `localhost`.
pub fn tls() -> (Arc<ServerTls>, Arc<ClientTls>) {
    static TLS: OnceLock<(Arc<ServerTls>, Arc<ClientTls>)> = OnceLock::new();
    let (server, client) = TLS.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let own = Certificates::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        let server = ServerTls::builder(&own).build().unwrap();
        let client = ClientTls::insecure().build().unwrap();
        (Arc::new(server), Arc::new(client))
    });
    (Arc::clone(server), Arc::clone(client))
}

//! The client's flags.

use crate::flags::{Flag, switch, value};

/// The flags of the client.
pub const CLIENT: &[Flag] = &[
    value("server_host", "localhost"),
    value("server_port", "10000"),
    value("server_host_override", ""),
    value("test_case", "large_unary"),
    switch("use_tls"),
    switch("use_test_ca"),
    value("ca_file", ""),
    value("additional_metadata", ""),
    value("soak_iterations", "10"),
    value("soak_max_failures", "0"),
    value("soak_per_iteration_max_acceptable_latency_ms", "1000"),
    value("soak_overall_timeout_seconds", "10"),
    value("soak_min_time_ms_between_rpcs", "0"),
    value("soak_request_size", "271828"),
    value("soak_response_size", "314159"),
    value("soak_num_threads", "1"),
    value("concurrent_large_unary_calls", "1000"),
    switch("use_alts"),
    value("custom_credentials_type", ""),
    value("alts_handshaker_service_address", ""),
    value("service_account_key_file", ""),
    value("oauth_scope", ""),
    value("default_service_account", ""),
    value("google_c2p_universe_domain", ""),
    value("service_config_json", ""),
];

/// Those that need what is not there.
pub const CLIENT_LACKS: &[&str] = &[
    "use_alts",
    "custom_credentials_type",
    "alts_handshaker_service_address",
    "service_account_key_file",
    "oauth_scope",
    "default_service_account",
    "google_c2p_universe_domain",
    "service_config_json",
];

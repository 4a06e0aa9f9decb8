//! The programs as other people's scripts run them: flags in all spellings, and exit codes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
};

const CLIENT: &str = env!("CARGO_BIN_EXE_interop_client");
const SERVER: &str = env!("CARGO_BIN_EXE_interop_server");

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

struct Serving(Child, u16);

impl Serving {
    fn start(program: &str, arguments: &[&str]) -> Serving {
        let mut command = Command::new(program);
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let port = line
            .trim()
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        Serving(child, port.unwrap_or_else(|| panic!("{line:?}")))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_case_that_passes_ends_with_0_however_flags_are_spelt() {
    let server = Serving::start(SERVER, &["-port", "0", "--bind-address=127.0.0.1"]);
    let port = server.1.to_string();
    for arguments in [
        vec![
            "--server_host=localhost".to_owned(),
            format!("--server_port={port}"),
        ],
        vec![
            "-server_host=127.0.0.1".to_owned(),
            format!("-server-port={port}"),
        ],
        vec![
            "--server_host".into(),
            "localhost".into(),
            "--server_port".into(),
            port.clone(),
        ],
        // A port of 0: the host is the whole target.
        vec![
            format!("--server_host=dns:///localhost:{port}"),
            "--server_port=0".into(),
        ],
    ] {
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(["--use_tls=false", "--test_case=empty_unary,ping_pong"]);
        arguments.extend(["--additional_metadata", "a:b:c;d-bin:e"]);
        let output = run(CLIENT, &arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}");
        assert_eq!(text, "PASS empty_unary\nPASS ping_pong\n");
    }
}

#[test]
fn a_case_that_fails_ends_with_1() {
    // Nobody listens on this port.
    let output = run(
        CLIENT,
        &[
            "--server_host=127.0.0.1",
            "--server_port=1",
            "--test_case=large_unary",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("FAIL large_unary: UNAVAILABLE"), "{text}");
}

#[test]
fn what_is_not_known_or_not_supported_ends_with_2_and_one_line() {
    let negative = env!("CARGO_BIN_EXE_negative_client");
    let bench = env!("CARGO_BIN_EXE_benchmark_client");
    for (program, argument) in [
        (CLIENT, "--nonsense"),
        (CLIENT, "--test_case=jwt_token_creds"),
        (CLIENT, "--test_case=empty_unary,nonsense"),
        (CLIENT, "--use_alts"),
        (
            CLIENT,
            "--custom_credentials_type=google_default_credentials",
        ),
        (CLIENT, "--service_config_json={}"),
        (CLIENT, "--server_port=many"),
        (CLIENT, "--use_tls --ca_file=/nowhere/ca.pem"),
        (CLIENT, "--server_host=xds:///x --server_port=0"),
        (CLIENT, "--additional_metadata=nothing"),
        (SERVER, "--use_alts=true"),
        (SERVER, "--alts_handshaker_service_address=x"),
        (SERVER, "--use_tls --tls_cert_file=/nowhere/server1.pem"),
        (SERVER, "--port=70000"),
        (SERVER, "--use_tls --bind_address=unix:/nowhere/socket"),
        (negative, "--test_case=nonsense"),
        (bench, "-rpc_type=generic"),
    ] {
        let arguments: Vec<&str> = argument.split(' ').collect();
        let output = run(program, &arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{program} {argument}: {text}"
        );
        assert_eq!(text.lines().count(), 1, "{program} {argument}: {text}");
    }
}

#[test]
fn the_negative_programs_meet() {
    let server = env!("CARGO_BIN_EXE_negative_server");
    let client = env!("CARGO_BIN_EXE_negative_client");
    let server = Serving::start(server, &["--port=0", "--test_case=rst_after_data"]);
    let port = format!("--server_port={}", server.1);
    let output = run(client, &[&port, "--test_case=rst_after_data"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // The response that this case waits for does not come.
    let output = run(client, &[&port, "--test_case=ping"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn the_benchmark_programs_meet() {
    let server = env!("CARGO_BIN_EXE_benchmark_server");
    let client = env!("CARGO_BIN_EXE_benchmark_client");
    let server = Serving::start(server, &["-port=0", "--bind_address=127.0.0.1", "--inline"]);
    let port = format!("-port={}", server.1);
    let output = run(
        client,
        &[&port, "-w=0", "-d=1", "-c=10", "-test_name=a name"],
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("a name\nqps: "), "{text}");
}

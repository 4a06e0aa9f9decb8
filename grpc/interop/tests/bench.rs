//! The load that the benchmark's programs make, for a moment.

use bywash_grpc::{Code, Server, Status, client::Channel, driver::Running};
use bywash_interop::{
    bench::{CLIENT, Plan, run, service},
    connect::Target,
    flags::Flags,
    pb::{SimpleRequest, benchmark_service::Client},
    service::zeros,
};
use std::time::Duration;

fn start(inline: bool) -> Running {
    let builder = Server::builder().service(service(inline)).loops(2);
    builder.listen("127.0.0.1:0").unwrap().start().unwrap()
}

#[test]
fn all_loops_run_and_end() {
    for inline in [false, true] {
        let running = start(inline);
        let port = running.addrs()[0].port();
        for kind in ["unary", "streaming"] {
            for blocking in [false, true] {
                let line = format!(
                    "-server_host 127.0.0.1 -port {port} -r 2 -c 3 -req 100 -resp 70000 -rpc_type {kind} \
                     --blocking={blocking}"
                );
                let flags = line.split_whitespace().map(str::to_owned);
                let flags = Flags::parse(CLIENT, flags).unwrap();
                let target = Target::at(&flags, port).unwrap();
                // A busy machine may not get to an exchange in the shortest of these.
                let counted = [150, 1500, 15_000].into_iter().any(|milliseconds| {
                    let plan = Plan {
                        warm_up: Duration::from_millis(5),
                        duration: Duration::from_millis(milliseconds),
                        ..Plan::of(&flags).unwrap()
                    };
                    let report = run(&plan, &target).unwrap();
                    assert!(report.failures.is_empty(), "{line}: {report}");
                    report.latency.count() > 0
                });
                assert!(counted, "{line}");
            }
        }
        running.shutdown(Duration::from_secs(1));
    }
}

#[test]
fn streams_in_one_direction_and_in_both() {
    let running = start(true);
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    let client = Client::new(&channel);
    let request = SimpleRequest {
        response_size: 1000,
        payload: Some(zeros(10)),
        ..SimpleRequest::default()
    };

    let mut upload = client.streaming_from_client().open();
    for _ in 0..10 {
        upload.send(&request).unwrap();
    }
    assert_eq!(upload.finish().unwrap().payload, Some(zeros(1000)));

    let mut responses = client.streaming_from_server(&request).open();
    for _ in 0..10 {
        assert_eq!(
            responses.recv().unwrap().unwrap().payload,
            Some(zeros(1000))
        );
    }
    responses.cancel();
    let end = responses.find_map(Result::err).as_ref().map(Status::code);
    assert_eq!(end, Some(Code::Cancelled));

    let (mut tx, mut rx) = client.streaming_both_ways().open().split();
    tx.send(&request).unwrap();
    for _ in 0..10 {
        assert_eq!(rx.recv().unwrap().unwrap().payload, Some(zeros(1000)));
        tx.send(&request).unwrap();
    }
    tx.close();
    assert!(rx.all(|response| response.is_ok()));
    running.shutdown(Duration::from_secs(1));
}

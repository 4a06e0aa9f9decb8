//! `grpc.health.v1`.

use super::*;
use crate::{
    ctx::Ctx,
    filter::{Around, Next},
    health::{Client, Health, HealthCheckRequest, HealthListRequest, ServingStatus},
};

fn of(part: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: part.to_owned(),
    }
}

fn world_of(seed: u64, health: &Health) -> (World, Channel, Pool) {
    let pool = Pool::elastic().max_threads(1);
    let mut spec = ServerSpec::default();
    spec.set_pool(pool.clone());
    spec.add(health.service());
    spec.add(service());
    let world = World::new(seed);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    (world, channel, pool)
}

#[test]
fn check_and_list_tell_what_was_set() {
    let health = Health::new();
    let (world, channel, pool) = world_of(1, &health);
    let client = Client::new(&channel);
    world.run(|| {
        let ask = |part: &str| client.status(part, Duration::from_secs(1)).unwrap();
        assert_eq!(ask(""), ServingStatus::Serving);
        assert_eq!(ask("a.B"), ServingStatus::ServiceUnknown);
        let request = of("a.B");
        let status = client.check(&request).call().unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
        health.set("a.B", ServingStatus::NotServing);
        assert_eq!(ask("a.B"), ServingStatus::NotServing);
        let listed = client.list(&HealthListRequest {}).call().unwrap();
        let listed: Vec<_> = listed
            .statuses
            .iter()
            .map(|(part, response)| (part.as_str(), response.status()))
            .collect();
        let expected = [
            ("", ServingStatus::Serving),
            ("a.B", ServingStatus::NotServing),
        ];
        assert_eq!(listed, expected);
        health.shut_down();
        health.set("", ServingStatus::Serving);
        assert_eq!(ask(""), ServingStatus::NotServing);
        health.resume();
        assert_eq!(ask("a.B"), ServingStatus::Serving);
        health.clear("a.B");
        assert_eq!(ask("a.B"), ServingStatus::ServiceUnknown);
        for n in 0..100 {
            health.set(&n.to_string(), ServingStatus::Serving);
        }
        let status = client.list(&HealthListRequest {}).call().unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
    });
    assert_eq!(pool.threads(), 0);
}

#[test]
fn watch_tells_of_changes_alone() {
    let health = Health::new();
    let (world, channel, pool) = world_of(2, &health);
    let client = Client::new(&channel);
    world.run(|| {
        let request = of("a.B");
        let mut watch = client.watch(&request).open();
        let mut next = || watch.recv().unwrap().unwrap().status();
        assert_eq!(next(), ServingStatus::ServiceUnknown);
        health.set("a.B", ServingStatus::Serving);
        assert_eq!(next(), ServingStatus::Serving);
        health.set("a.B", ServingStatus::Serving);
        health.set("other", ServingStatus::NotServing);
        world.advance(Duration::from_secs(1));
        health.set("a.B", ServingStatus::NotServing);
        assert_eq!(next(), ServingStatus::NotServing);
        health.clear("a.B");
        assert_eq!(next(), ServingStatus::ServiceUnknown);
        health.set("a.B", ServingStatus::Serving);
        assert_eq!(next(), ServingStatus::Serving);
        health.shut_down();
        assert_eq!(next(), ServingStatus::NotServing);
        let mut silent = watch.recv_timeout(Duration::from_secs(1));
        assert!(matches!(silent, Err(crate::server::TryRecv::Empty)));
        assert_eq!((health.watchers(), pool.threads()), (1, 0));
        drop(watch);
        world.advance(Duration::from_secs(1));
        assert_eq!(health.watchers(), 0);
        silent = Ok(None);
        drop(silent);
    });
    assert_eq!(world.open_calls(), (0, 0));
}

/// Changes behind a closed window come as one: the latest.
#[test]
fn a_slow_watcher_gets_the_latest() {
    let health = Health::new();
    let (world, channel, _) = world_of(3, &health);
    let client = Client::new(&channel);
    world.run(|| {
        let request = of("");
        let mut watch = client.watch(&request).open();
        assert!(watch.recv().unwrap().is_some());
        for n in 0..100_000 {
            let status = [ServingStatus::Serving, ServingStatus::NotServing][n % 2];
            health.set("", status);
            if n % 1000 == 0 {
                world.advance(Duration::from_millis(1));
            }
        }
        health.set("", ServingStatus::Unknown);
        world.advance(Duration::from_secs(1));
        let (mut count, mut last) = (0, ServingStatus::Serving);
        while let Ok(Some(response)) = watch.recv_timeout(Duration::from_secs(1)) {
            count += 1;
            last = response.status();
        }
        assert_eq!(last, ServingStatus::Unknown);
        assert!(count < 2000, "{count}");
    });
}

struct Nothing;

impl Around for Nothing {
    fn around(&self, _: &Ctx, next: Next<'_>) -> Result<(), Status> {
        next.run()
    }
}

/// What blocks around handlers does not keep a server from telling its health.
#[test]
fn health_stands_apart() {
    let health = Health::new();
    let mut spec = ServerSpec::default();
    spec.add_around(Nothing);
    spec.add(health.service());
    spec.add(service());
    assert_eq!(spec.check(), Ok(()));
    let world = World::new(4);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        let client = Client::new(&channel);
        let status = client.status("", Duration::from_secs(1)).unwrap();
        assert_eq!(status, ServingStatus::Serving);
        calls(&channel);
    });
}

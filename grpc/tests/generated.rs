//! What `bywash-build` writes fits the runtime: the route guide, as its golden file has it, served and called; and health,
//! against the library's own.

#[path = "../codegen/tests/golden/routeguide.rs"]
#[allow(missing_docs, unreachable_pub)]
mod routeguide;

#[path = "../codegen/tests/golden/grpc.health.v1.rs"]
#[allow(missing_docs, unreachable_pub)]
mod generated_health;

use bywash_grpc::{
    Code, Status,
    ctx::Ctx,
    health::{self, Health, ServingStatus},
    server::{Receiver, Sender},
    world::World,
};
use routeguide::{
    Feature, Point, Rectangle, RouteNote, RouteSummary,
    route_guide::{self, GET_FEATURE, RouteGuide},
};
use std::{sync::Arc, time::Duration};

struct Guide {
    known: Vec<Feature>,
}

fn point(latitude: i32) -> Point {
    Point {
        latitude,
        longitude: 0,
    }
}

impl RouteGuide for Guide {
    fn get_feature(&self, _: &Ctx, request: Point) -> Result<Feature, Status> {
        let mut known = self.known.iter();
        known
            .find(|feature| feature.location == Some(request))
            .cloned()
            .ok_or_else(|| Status::not_found("nothing is here"))
    }

    fn list_features(
        &self,
        _: &Ctx,
        _: Rectangle,
        mut responses: Sender<Feature>,
    ) -> Result<(), Status> {
        self.known
            .iter()
            .try_for_each(|feature| responses.send(feature))
    }

    fn record_route(&self, _: &Ctx, requests: Receiver<Point>) -> Result<RouteSummary, Status> {
        let mut summary = RouteSummary::default();
        for request in requests {
            request?;
            summary.point_count += 1;
        }
        Ok(summary)
    }

    fn route_chat(
        &self,
        _: &Ctx,
        mut requests: Receiver<RouteNote>,
        mut responses: Sender<RouteNote>,
    ) -> Result<(), Status> {
        while let Some(note) = requests.recv()? {
            responses.send(&note)?;
        }
        Ok(())
    }
}

#[test]
fn the_route_guide_is_served_and_called() {
    let known = (0..5)
        .map(|at| Feature {
            name: format!("place {at}"),
            location: Some(point(at)),
        })
        .collect();
    let service = route_guide::serve(Arc::new(Guide { known })).inline(GET_FEATURE);
    let world = World::new(1);
    let node = world.serve(service);
    let client = route_guide::Client::new(&world.channel(&node));
    world.run(|| {
        assert_eq!(
            client.get_feature(&point(3)).call().unwrap().name,
            "place 3"
        );
        let status = client.get_feature(&point(9)).call().unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
        let everywhere = Rectangle::default();
        let found: Vec<_> = client
            .list_features(&everywhere)
            .open()
            .map(Result::unwrap)
            .collect();
        assert_eq!(found.len(), 5);
        let mut walk = client.record_route().open();
        for at in 0..7 {
            walk.send(&point(at)).unwrap();
        }
        assert_eq!(walk.finish().unwrap().point_count, 7);
        let mut chat = client.route_chat().open();
        let note = RouteNote {
            location: None,
            message: "hello".into(),
        };
        chat.tx.send(&note).unwrap();
        assert_eq!(chat.rx.recv().unwrap(), Some(note));
        chat.tx.close();
        assert_eq!(chat.rx.recv().unwrap(), None);
    });
}

/// The library's health is written by hand, so that nothing is generated where it is built: it speaks as generated code
/// does, on either side.
#[test]
fn health_by_hand_and_generated_understand_one_another() {
    use generated_health::{
        HealthCheckRequest, HealthCheckResponse, HealthListRequest,
        health::{Client, Health as Generated},
        health_check_response::ServingStatus as Said,
    };

    struct Part;

    impl Generated for Part {
        fn check(
            &self,
            _: &Ctx,
            request: HealthCheckRequest,
        ) -> Result<HealthCheckResponse, Status> {
            assert_eq!(request.service, "shop");
            let status = Said::NotServing.into();
            Ok(HealthCheckResponse { status })
        }
    }

    let world = World::new(2);
    let health = Health::new();
    health.set("shop", ServingStatus::NotServing);
    let ours = world.serve(health.service());
    let theirs = world.serve(generated_health::health::serve(Arc::new(Part)));
    let client = Client::new(&world.channel(&ours));
    let our_client = health::Client::new(&world.channel(&theirs));
    let shop = HealthCheckRequest {
        service: "shop".into(),
    };
    world.run(|| {
        let checked = client.check(&shop).call().unwrap();
        assert_eq!(checked.status(), Said::NotServing);
        let listed = client.list(&HealthListRequest {}).call().unwrap();
        assert_eq!(listed.statuses.len(), 2);
        assert_eq!(listed.statuses["shop"].status(), Said::NotServing);
        assert_eq!(listed.statuses[""].status(), Said::Serving);
        let mut watched = client.watch(&shop).open();
        let first = watched.recv().unwrap().unwrap();
        assert_eq!(first.status(), Said::NotServing);
        let status = our_client.status("shop", Duration::from_secs(1)).unwrap();
        assert_eq!(status, ServingStatus::NotServing);
        let list = our_client.list(&health::HealthListRequest {}).call();
        assert_eq!(list.unwrap_err().code(), Code::Unimplemented);
    });
}

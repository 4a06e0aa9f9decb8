//! What `bywash-build` writes fits the runtime: the route guide, as its golden file has it, served and called.

#[path = "../codegen/tests/golden/routeguide.rs"]
#[allow(missing_docs, unreachable_pub)]
mod routeguide;

use bywash_grpc::{
    Code, Status,
    ctx::Ctx,
    server::{Receiver, Sender},
    world::World,
};
use routeguide::{
    Feature, Point, Rectangle, RouteNote, RouteSummary,
    route_guide::{self, GET_FEATURE, RouteGuide},
};
use std::sync::Arc;

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

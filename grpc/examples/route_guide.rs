//! The route guide, by threads: a service is a trait, a call is a method call, and each side may block.
//!
//! All four kinds of call. The code between `.proto` and this file is what `bywash-build` writes from
//! `grpc/codegen/tests/protos/routeguide/route_guide.proto`; a crate of yours has it made by its `build.rs`.
//!
//! `cargo run -p bywash-grpc --example route_guide` prints:
//!
//! ```text
//! at (1, 1): Mill
//! at (9, 9): NOT_FOUND: nothing is at (9, 9)
//! between (0, 0) and (2, 2): Mill
//! between (0, 0) and (2, 2): Bridge
//! walked past 3 points, 2 of them known
//! at (1, 1): first
//! at (1, 1): first, second
//! ```

#[path = "../codegen/tests/golden/routeguide.rs"]
#[allow(missing_docs, unreachable_pub)]
mod routeguide;

use bywash_grpc::{
    Server, Status,
    client::Channel,
    ctx::Ctx,
    server::{Receiver, Sender},
};
use routeguide::{
    Feature, Point, Rectangle, RouteNote, RouteSummary,
    route_guide::{self, RouteGuide},
};
use std::{error::Error, sync::Arc, time::Duration};

struct Guide(Vec<Feature>);

#[rustfmt::skip]
fn point(latitude: i32, longitude: i32) -> Point {
    Point { latitude, longitude }
}

fn feature(name: &str, location: Point) -> Feature {
    let (name, location) = (name.into(), Some(location));
    Feature { name, location }
}

fn show(point: Point) -> String {
    format!("({}, {})", point.latitude, point.longitude)
}

impl RouteGuide for Guide {
    fn get_feature(&self, _: &Ctx, request: Point) -> Result<Feature, Status> {
        let mut all = self.0.iter().cloned();
        let found = all.find(|known| known.location == Some(request));
        found.ok_or_else(|| Status::not_found(format!("nothing is at {}", show(request))))
    }

    fn list_features(
        &self,
        _: &Ctx,
        request: Rectangle,
        mut responses: Sender<Feature>,
    ) -> Result<(), Status> {
        let [lo, hi] = [request.lo, request.hi].map(Option::unwrap_or_default);
        for known in &self.0 {
            let inside = known.location.is_some_and(|at| {
                (lo.latitude..=hi.latitude).contains(&at.latitude)
                    && (lo.longitude..=hi.longitude).contains(&at.longitude)
            });
            if inside {
                // Waits while the client reads more slowly than this sends.
                responses.send(known)?;
            }
        }
        Ok(())
    }

    fn record_route(&self, _: &Ctx, requests: Receiver<Point>) -> Result<RouteSummary, Status> {
        let mut summary = RouteSummary::default();
        for point in requests {
            summary.point_count += 1;
            let at = Some(point?);
            summary.feature_count += i32::from(self.0.iter().any(|known| known.location == at));
        }
        Ok(summary)
    }

    /// Answers each note with all that were left in this call.
    fn route_chat(
        &self,
        _: &Ctx,
        mut requests: Receiver<RouteNote>,
        mut responses: Sender<RouteNote>,
    ) -> Result<(), Status> {
        let mut said = Vec::new();
        while let Some(mut note) = requests.recv()? {
            said.push(std::mem::take(&mut note.message));
            note.message = said.join(", ");
            responses.send(&note)?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let known = [("Mill", 1), ("Bridge", 2), ("Tower", 5)];
    let guide = Guide(known.map(|(name, at)| feature(name, point(at, at))).into());
    let builder = Server::builder().service(route_guide::serve(Arc::new(guide)));
    let running = builder.listen("127.0.0.1:0")?.start()?;
    let target = running.addrs()[0].to_string();
    let client = route_guide::Client::new(&Channel::builder(&target).plaintext().build()?);

    for at in [point(1, 1), point(9, 9)] {
        let found = client
            .get_feature(&at)
            .timeout(Duration::from_secs(5))
            .call();
        let text = found.map_or_else(|status| status.to_string(), |found| found.name);
        println!("at {}: {text}", show(at));
    }
    let (lo, hi) = (point(0, 0), point(2, 2));
    let mut area = Rectangle::default();
    (area.lo, area.hi) = (Some(lo), Some(hi));
    for found in client.list_features(&area).open() {
        println!("between {} and {}: {}", show(lo), show(hi), found?.name);
    }
    let mut walk = client.record_route().open();
    for step in [point(1, 1), point(1, 2), point(2, 2)] {
        // An error says only that the call has ended; `finish` says how.
        if walk.send(&step).is_err() {
            break;
        }
    }
    let sum = walk.finish()?;
    let (all, known) = (sum.point_count, sum.feature_count);
    println!("walked past {all} points, {known} of them known");
    // Both ends on one thread: a note, its answer, the next. On two threads each has one: `split`.
    let mut chat = client.route_chat().open();
    for message in ["first", "second"] {
        let (location, message) = (Some(point(1, 1)), message.into());
        chat.tx.send(&RouteNote { location, message })?;
        let answer = chat.rx.recv()?.ok_or("the guide went away")?;
        println!("at (1, 1): {}", answer.message);
    }
    chat.tx.close();
    // `None`: the call has ended, and well.
    assert_eq!(chat.rx.recv()?, None);
    running.shutdown(Duration::from_secs(1));
    Ok(())
}

//! Keys, traits, `serve` and clients, used as a user would.

use std::{marker::PhantomData, sync::Arc};

use crate::{
    client::Channel,
    ctx::Ctx,
    grpc::{health::v1::health, testing::test_service},
    plain::{Order, Receipt},
    quirks::{self, names},
    routeguide::{
        Feature, Point,
        route_guide::{self, GET_FEATURE, RouteGuide},
    },
    server::{OnBidi, OnUnary, Receiver, Sender},
    shop::v1::store,
    status::Status,
};

struct Guide;

impl RouteGuide for Guide {
    fn get_feature(&self, _: &Ctx, request: Point) -> Result<Feature, Status> {
        Ok(Feature {
            name: "here".into(),
            location: Some(request),
        })
    }
}

#[test]
fn keys_carry_path_and_codecs() {
    assert_eq!(route_guide::NAME, "routeguide.RouteGuide");
    assert_eq!(GET_FEATURE.path, "/routeguide.RouteGuide/GetFeature");
    let mut bytes = Vec::new();
    let point = Point {
        latitude: 1,
        longitude: 2,
    };
    GET_FEATURE.req.encode(&point, &mut bytes);
    assert_eq!(bytes, [8, 1, 16, 2]);
    assert_eq!(GET_FEATURE.req.decode(&bytes), Ok(point));
    let repeatable = [
        names::APP.idempotent,
        names::CX.idempotent,
        store::BUY.idempotent,
    ];
    assert_eq!(repeatable, [true; 3]);
    let others = [
        GET_FEATURE.idempotent,
        names::NEW_.idempotent,
        store::WATCH.idempotent,
    ];
    assert_eq!(others, [false; 3]);
}

#[test]
fn serve_registers_every_method_with_its_kind() {
    let service = route_guide::serve(Arc::new(Guide));
    assert_eq!(service.name, "routeguide.RouteGuide");
    let entries: Vec<_> = service
        .entries
        .iter()
        .map(|entry| (entry.0, entry.1))
        .collect();
    assert_eq!(
        entries,
        [
            ("/routeguide.RouteGuide/GetFeature", "Unary"),
            ("/routeguide.RouteGuide/ListFeatures", "ServerStreaming"),
            ("/routeguide.RouteGuide/RecordRoute", "ClientStreaming"),
            ("/routeguide.RouteGuide/RouteChat", "Bidi"),
        ]
    );
}

#[test]
fn calls_reach_the_implementation_or_are_unimplemented() {
    let service = route_guide::serve(Arc::new(Guide));
    let get: &OnUnary<Point, Feature> = service.handler(GET_FEATURE.path);
    let point = Point {
        latitude: 3,
        longitude: 4,
    };
    assert_eq!(get(&Ctx, point).unwrap().location, Some(point));

    let chat: &OnBidi<crate::routeguide::RouteNote, crate::routeguide::RouteNote> =
        service.handler(route_guide::ROUTE_CHAT.path);
    assert_eq!(
        chat(&Ctx, Receiver(PhantomData), Sender(PhantomData)),
        Err(Status("/routeguide.RouteGuide/RouteChat"))
    );
}

#[test]
fn clients_name_the_rpc_and_pass_the_request() {
    let client = route_guide::Client::new(&Channel);
    let point = Point::default();
    let call = client.get_feature(&point);
    assert_eq!((call.path, call.kind), (GET_FEATURE.path, "Unary"));
    assert_eq!(call.request, Some(&point));
    let call = client.clone().route_chat().kind;
    assert_eq!(call, "Bidi");
    assert!(client.record_route().request.is_none());
}

#[test]
fn imported_messages_and_other_services_are_the_real_ones() {
    assert_eq!(health::WATCH.path, "/grpc.health.v1.Health/Watch");
    assert_eq!(
        test_service::EMPTY_CALL.path,
        "/grpc.testing.TestService/EmptyCall"
    );
    let get = quirks::foo_bar__::GET;
    assert_eq!(get.path, "/quirks.Foo_Bar/Get");
    let thing = quirks::below::Thing { count: 5 };
    let mut bytes = Vec::new();
    get.req.encode(&thing, &mut bytes);
    assert_eq!(bytes, [8, 5]);
}

/// The paths are the protocol's, whatever Rust calls them.
#[test]
fn colliding_names_stay_apart() {
    struct App;
    impl names::Names for App {
        fn new_(&self, _: &Ctx, _: quirks::Request) -> Result<quirks::Status, Status> {
            Ok(quirks::Status { text: "new".into() })
        }

        fn self_(&self, _: &Ctx, _: quirks::Request) -> Result<(), Status> {
            Ok(())
        }
    }
    let service = names::serve(Arc::new(App));
    let new: &OnUnary<quirks::Request, quirks::Status> = service.handler("/quirks.Names/New");
    assert_eq!(new(&Ctx, quirks::Request::default()).unwrap().text, "new");
    let paths = [
        (names::NEW_.path, "New"),
        (names::CLONE_.path, "Clone"),
        (names::NAME_.path, "Name"),
        (names::MATCH_.path, "Match"),
        (names::SELF_.path, "Self"),
        (names::GET_FOO.path, "GetFoo"),
        (names::GET_FOO_.path, "getFoo"),
        (names::GET_FOO__.path, "Get_Foo"),
        (names::INTO_.path, "Into"),
        (names::AS_REF_.path, "AsRef"),
    ];
    for (path, rpc) in paths {
        assert_eq!(path, format!("/quirks.Names/{rpc}"));
    }
    // Every handler asks the method it is named for, even where closures' arguments have such names.
    for (path, _, _) in &service.entries {
        let rpc = path.rsplit('/').next().unwrap();
        if ["AsRef", "App", "Request"].contains(&rpc) {
            let handler: &OnUnary<quirks::Request, quirks::Request> = service.handler(path);
            assert_eq!(handler(&Ctx, quirks::Request::default()), Err(Status(path)));
        }
    }
    let cx: &OnBidi<quirks::Request, quirks::Request> = service.handler(names::CX.path);
    assert_eq!(
        cx(&Ctx, Receiver(PhantomData), Sender(PhantomData)),
        Err(Status(names::CX.path))
    );

    let client = names::Client::new(&Channel);
    let request = quirks::Request::default();
    assert_eq!(client.new_(&request).path, "/quirks.Names/New");
    assert_eq!(client.get_foo__(&request).path, "/quirks.Names/Get_Foo");
    #[expect(deprecated)]
    let old = client.responses(&request);
    assert_eq!(old.path, "/quirks.Names/Responses");
}

#[test]
fn a_service_without_protobuf_uses_its_own_types_and_codecs() {
    let mut bytes = Vec::new();
    store::BUY.req.encode(&Order("tea".into()), &mut bytes);
    assert_eq!(bytes, b"tea");
    assert_eq!(store::FILL.req.decode(&[0xff]), Ok(vec![0xff]));
    assert_eq!(store::FILL.res.decode(b"ok"), Ok(Receipt("ok".into())));
    let client = store::Client::new(&Channel);
    assert_eq!(client.buy(&Order("x".into())).path, "/shop.v1.Store/Buy");
    #[expect(deprecated)]
    let old = client.haggle();
    assert_eq!(old.kind, "Bidi");
}

#[test]
fn traits_are_object_safe_and_shared() {
    fn shared<T: Send + Sync + 'static + ?Sized>() {}
    shared::<dyn RouteGuide>();
    shared::<dyn names::Names>();
    shared::<dyn quirks::below_::Below>();
    shared::<dyn quirks::foo_bar_::FooBar_>();
    shared::<dyn quirks::type_::Type>();
    shared::<dyn quirks::client::Client_>();
}

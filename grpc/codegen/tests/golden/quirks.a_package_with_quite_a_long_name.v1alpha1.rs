// Written by bywash-build. Changes are lost when it runs again.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TheRequestOfTheLongestMethodThatAnybodyEverCared {
    #[prost(map = "string, message", tag = "1")]
    pub a_field_whose_name_is_long_too_for_good_measure: ::std::collections::HashMap<
        ::prost::alloc::string::String,
        TheRequestOfTheLongestMethodThatAnybodyEverCared,
    >,
}

/// Nested message and enum types in `TheRequestOfTheLongestMethodThatAnybodyEverCared`.
pub mod the_request_of_the_longest_method_that_anybody_ever_cared {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Inner {}

    /// Nested message and enum types in `Inner`.
    pub mod inner {
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Innermost {
            #[prost(
                map = "int32, enumeration(innermost::ChoiceOfColorsThatNobodyWouldEverWantToHaveToTypeAgain)",
                tag = "1"
            )]
            pub choices: ::std::collections::HashMap<i32, i32>,
            #[prost(oneof = "innermost::OneOfTwoThingsThatExcludeEachOther", tags = "2, 3")]
            pub one_of_two_things_that_exclude_each_other:
                ::core::option::Option<innermost::OneOfTwoThingsThatExcludeEachOther>,
        }

        /// Nested message and enum types in `Innermost`.
        pub mod innermost {
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration,
            )]
            #[repr(i32)]
            pub enum ChoiceOfColorsThatNobodyWouldEverWantToHaveToTypeAgain {
                Unspecified = 0,
                RedAsTheSettingSunAboveAnOceanFullOfUnenumeratedFishes = 1,
            }

            impl ChoiceOfColorsThatNobodyWouldEverWantToHaveToTypeAgain {
                /// String value of the enum field names used in the ProtoBuf definition.
                ///
                /// The values are not transformed in any way and thus are considered stable
                /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                pub fn as_str_name(&self) -> &'static str {
                    match self {
                        Self::Unspecified => {
                            "CHOICE_OF_COLORS_THAT_NOBODY_WOULD_EVER_WANT_TO_HAVE_TO_TYPE_AGAIN_UNSPECIFIED"
                        }
                        Self::RedAsTheSettingSunAboveAnOceanFullOfUnenumeratedFishes => {
                            "RED_AS_THE_SETTING_SUN_ABOVE_AN_OCEAN_FULL_OF_UNENUMERATED_FISHES"
                        }
                    }
                }

                /// Creates an enum from field names used in the ProtoBuf definition.
                pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                    match value {
                        "CHOICE_OF_COLORS_THAT_NOBODY_WOULD_EVER_WANT_TO_HAVE_TO_TYPE_AGAIN_UNSPECIFIED" => {
                            Some(Self::Unspecified)
                        }
                        "RED_AS_THE_SETTING_SUN_ABOVE_AN_OCEAN_FULL_OF_UNENUMERATED_FISHES" => {
                            Some(Self::RedAsTheSettingSunAboveAnOceanFullOfUnenumeratedFishes)
                        }
                        _ => None,
                    }
                }
            }

            #[derive(Clone, PartialEq, ::prost::Oneof)]
            pub enum OneOfTwoThingsThatExcludeEachOther {
                #[prost(
                    enumeration = "ChoiceOfColorsThatNobodyWouldEverWantToHaveToTypeAgain",
                    tag = "2"
                )]
                Choice(i32),
                #[prost(message, tag = "3")]
                AgainTheWholeRequestFromTheStart(
                    super::super::super::TheRequestOfTheLongestMethodThatAnybodyEverCared,
                ),
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct TheResponseOfTheLongestMethodThatAnybodyEverCared {}

/// Keys, trait, server and client of the service `quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod a_service_with_a_long_name {
    use super::{
        TheRequestOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    };
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary};
    use ::bywash_grpc::server::{Receiver, Sender, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `DoTheLongestThingThatAnybodyEverCaredToNameInCapitals`, unary.
    pub const DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS: Method<
        Tag,
        Unary,
        TheRequestOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    > = Method::new(
        "/quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName/DoTheLongestThingThatAnybodyEverCaredToNameInCapitals",
        &Prost,
        &Prost,
    );

    /// The key of `DoTheLongestThingThatAnybodyEverCaredToNameInCapitalsManyTimesAndThenSome`, bidirectional streaming.
    pub const DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS_MANY_TIMES_AND_THEN_SOME: Method<
        Tag,
        Bidi,
        TheRequestOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    > = Method::new(
        "/quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName/DoTheLongestThingThatAnybodyEverCaredToNameInCapitalsManyTimesAndThenSome",
        &Prost,
        &Prost,
    );

    /// The key of `DoItOnceAndForAllAndOftener`, server streaming.
    pub const DO_IT_ONCE_AND_FOR_ALL_AND_OFTENER: Method<
        Tag,
        ServerStreaming,
        TheRequestOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    > = Method::new(
        "/quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName/DoItOnceAndForAllAndOftener",
        &Prost,
        &Prost,
    )
    .idempotent();

    /// The key of `DoItBriefly`, client streaming.
    pub const DO_IT_BRIEFLY: Method<
        Tag,
        ClientStreaming,
        TheRequestOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    > = Method::new(
        "/quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName/DoItBriefly",
        &Prost,
        &Prost,
    )
    .idempotent();

    /// The key of `DoWhatTakesOneLineAndAlmostAnotherOne`, unary.
    pub const DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE: Method<
        Tag,
        Unary,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    > = Method::new(
        "/quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName/DoWhatTakesOneLineAndAlmostAnotherOne",
        &Prost,
        &Prost,
    );

    /// The key of `DoWhatTakesOneLineAndAlmostAnotherOnes`, unary.
    pub const DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONES: Method<
        Tag,
        Unary,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    > = Method::new(
        "/quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName/DoWhatTakesOneLineAndAlmostAnotherOnes",
        &Prost,
        &Prost,
    );

    /// The methods of the service `quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName`.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait AServiceWithALongName: Send + Sync + 'static {
        /// Serves `DoTheLongestThingThatAnybodyEverCaredToNameInCapitals`, unary.
        fn do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals(
            &self,
            cx: &Ctx,
            request: TheRequestOfTheLongestMethodThatAnybodyEverCared,
        ) -> Result<TheResponseOfTheLongestMethodThatAnybodyEverCared, Status> {
            Err(Status::unimplemented(
                DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS.path,
            ))
        }

        /// Serves `DoTheLongestThingThatAnybodyEverCaredToNameInCapitalsManyTimesAndThenSome`, bidirectional streaming.
        fn do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals_many_times_and_then_some(
            &self,
            cx: &Ctx,
            requests: Receiver<TheRequestOfTheLongestMethodThatAnybodyEverCared>,
            responses: Sender<TheResponseOfTheLongestMethodThatAnybodyEverCared>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(
                DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS_MANY_TIMES_AND_THEN_SOME.path,
            ))
        }

        /// Serves `DoItOnceAndForAllAndOftener`, server streaming.
        fn do_it_once_and_for_all_and_oftener(
            &self,
            cx: &Ctx,
            request: TheRequestOfTheLongestMethodThatAnybodyEverCared,
            responses: Sender<TheResponseOfTheLongestMethodThatAnybodyEverCared>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(
                DO_IT_ONCE_AND_FOR_ALL_AND_OFTENER.path,
            ))
        }

        /// Serves `DoItBriefly`, client streaming.
        fn do_it_briefly(
            &self,
            cx: &Ctx,
            requests: Receiver<TheRequestOfTheLongestMethodThatAnybodyEverCared>,
        ) -> Result<TheResponseOfTheLongestMethodThatAnybodyEverCared, Status> {
            Err(Status::unimplemented(DO_IT_BRIEFLY.path))
        }

        /// Serves `DoWhatTakesOneLineAndAlmostAnotherOne`, unary.
        fn do_what_takes_one_line_and_almost_another_one(
            &self,
            cx: &Ctx,
            request: TheResponseOfTheLongestMethodThatAnybodyEverCared,
        ) -> Result<TheResponseOfTheLongestMethodThatAnybodyEverCared, Status> {
            Err(Status::unimplemented(
                DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE.path,
            ))
        }

        /// Serves `DoWhatTakesOneLineAndAlmostAnotherOnes`, unary.
        fn do_what_takes_one_line_and_almost_another_ones(
            &self,
            cx: &Ctx,
            request: TheResponseOfTheLongestMethodThatAnybodyEverCared,
        ) -> Result<TheResponseOfTheLongestMethodThatAnybodyEverCared, Status> {
            Err(Status::unimplemented(
                DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONES.path,
            ))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn AServiceWithALongName>) -> Service<Tag> {
        let do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals = Arc::clone(&app);
        let do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals_many_times_and_then_some =
            Arc::clone(&app);
        let do_it_once_and_for_all_and_oftener = Arc::clone(&app);
        let do_it_briefly = Arc::clone(&app);
        let do_what_takes_one_line_and_almost_another_one = Arc::clone(&app);
        let do_what_takes_one_line_and_almost_another_ones = app;
        Service::new(NAME)
            .unary(
                DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS,
                move |cx, request| {
                    do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals
                        .do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals(cx, request)
                },
            )
            .bidi(
                DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS_MANY_TIMES_AND_THEN_SOME,
                move |cx, requests, responses| {
                    do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals_many_times_and_then_some
                        .do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals_many_times_and_then_some(cx, requests, responses)
                },
            )
            .server_streaming(
                DO_IT_ONCE_AND_FOR_ALL_AND_OFTENER,
                move |cx, request, responses| {
                    do_it_once_and_for_all_and_oftener
                        .do_it_once_and_for_all_and_oftener(cx, request, responses)
                },
            )
            .client_streaming(DO_IT_BRIEFLY, move |cx, requests| {
                do_it_briefly.do_it_briefly(cx, requests)
            })
            .unary(
                DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE,
                move |cx, request| {
                    do_what_takes_one_line_and_almost_another_one
                        .do_what_takes_one_line_and_almost_another_one(cx, request)
                },
            )
            .unary(
                DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONES,
                move |cx, request| {
                    do_what_takes_one_line_and_almost_another_ones
                        .do_what_takes_one_line_and_almost_another_ones(cx, request)
                },
            )
    }

    /// Calls `quirks.a_package_with_quite_a_long_name.v1alpha1.AServiceWithALongName`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Calls `DoTheLongestThingThatAnybodyEverCaredToNameInCapitals`, unary.
        pub fn do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals<'a>(
            &'a self,
            request: &'a TheRequestOfTheLongestMethodThatAnybodyEverCared,
        ) -> Call<
            'a,
            Unary,
            TheRequestOfTheLongestMethodThatAnybodyEverCared,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
        > {
            self.0.call(
                DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS,
                Some(request),
            )
        }

        /// Calls `DoTheLongestThingThatAnybodyEverCaredToNameInCapitalsManyTimesAndThenSome`, bidirectional streaming.
        pub fn do_the_longest_thing_that_anybody_ever_cared_to_name_in_capitals_many_times_and_then_some(
            &self,
        ) -> Call<
            '_,
            Bidi,
            TheRequestOfTheLongestMethodThatAnybodyEverCared,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
        > {
            self.0.call(
                DO_THE_LONGEST_THING_THAT_ANYBODY_EVER_CARED_TO_NAME_IN_CAPITALS_MANY_TIMES_AND_THEN_SOME,
                None,
            )
        }

        /// Calls `DoItOnceAndForAllAndOftener`, server streaming.
        pub fn do_it_once_and_for_all_and_oftener<'a>(
            &'a self,
            request: &'a TheRequestOfTheLongestMethodThatAnybodyEverCared,
        ) -> Call<
            'a,
            ServerStreaming,
            TheRequestOfTheLongestMethodThatAnybodyEverCared,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
        > {
            self.0
                .call(DO_IT_ONCE_AND_FOR_ALL_AND_OFTENER, Some(request))
        }

        /// Calls `DoItBriefly`, client streaming.
        pub fn do_it_briefly(
            &self,
        ) -> Call<
            '_,
            ClientStreaming,
            TheRequestOfTheLongestMethodThatAnybodyEverCared,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
        > {
            self.0.call(DO_IT_BRIEFLY, None)
        }

        /// Calls `DoWhatTakesOneLineAndAlmostAnotherOne`, unary.
        pub fn do_what_takes_one_line_and_almost_another_one<'a>(
            &'a self,
            request: &'a TheResponseOfTheLongestMethodThatAnybodyEverCared,
        ) -> Call<
            'a,
            Unary,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
        > {
            self.0
                .call(DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE, Some(request))
        }

        /// Calls `DoWhatTakesOneLineAndAlmostAnotherOnes`, unary.
        pub fn do_what_takes_one_line_and_almost_another_ones<'a>(
            &'a self,
            request: &'a TheResponseOfTheLongestMethodThatAnybodyEverCared,
        ) -> Call<
            'a,
            Unary,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
        > {
            self.0.call(
                DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONES,
                Some(request),
            )
        }
    }
}

/// Keys, trait, server and client of the service `quirks.a_package_with_quite_a_long_name.v1alpha1.Single`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod single {
    use super::TheResponseOfTheLongestMethodThatAnybodyEverCared;
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{ClientStreaming, Method};
    use ::bywash_grpc::server::{Receiver, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.a_package_with_quite_a_long_name.v1alpha1.Single";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `DoWhatTakesOneLineAndAlmostAnotherOne`, client streaming.
    pub const DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE: Method<
        Tag,
        ClientStreaming,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
        TheResponseOfTheLongestMethodThatAnybodyEverCared,
    > = Method::new(
        "/quirks.a_package_with_quite_a_long_name.v1alpha1.Single/DoWhatTakesOneLineAndAlmostAnotherOne",
        &Prost,
        &Prost,
    );

    /// A service of one method that is long as well.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait Single: Send + Sync + 'static {
        /// Serves `DoWhatTakesOneLineAndAlmostAnotherOne`, client streaming.
        fn do_what_takes_one_line_and_almost_another_one(
            &self,
            cx: &Ctx,
            requests: Receiver<TheResponseOfTheLongestMethodThatAnybodyEverCared>,
        ) -> Result<TheResponseOfTheLongestMethodThatAnybodyEverCared, Status> {
            Err(Status::unimplemented(
                DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE.path,
            ))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn Single>) -> Service<Tag> {
        let do_what_takes_one_line_and_almost_another_one = app;
        Service::new(NAME).client_streaming(
            DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE,
            move |cx, requests| {
                do_what_takes_one_line_and_almost_another_one
                    .do_what_takes_one_line_and_almost_another_one(cx, requests)
            },
        )
    }

    /// Calls `quirks.a_package_with_quite_a_long_name.v1alpha1.Single`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Calls `DoWhatTakesOneLineAndAlmostAnotherOne`, client streaming.
        pub fn do_what_takes_one_line_and_almost_another_one(
            &self,
        ) -> Call<
            '_,
            ClientStreaming,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
            TheResponseOfTheLongestMethodThatAnybodyEverCared,
        > {
            self.0
                .call(DO_WHAT_TAKES_ONE_LINE_AND_ALMOST_ANOTHER_ONE, None)
        }
    }
}

// Written by bywash-build. Changes are lost when it runs again.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Thing {
    #[prost(int32, tag = "1")]
    pub count: i32,
}

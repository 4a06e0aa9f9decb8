// Written by bywash-build. Changes are lost when it runs again.

/// All files and what they import, as an encoded `google.protobuf.FileDescriptorSet`.
#[allow(dead_code)]
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("descriptors.bin");

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::doc_lazy_continuation,
    clippy::doc_overindented_list_items,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::module_inception
)]
pub mod google {
    pub mod rpc {
        include!("google.rpc.rs");
    }
}

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::doc_lazy_continuation,
    clippy::doc_overindented_list_items,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::module_inception
)]
pub mod grpc {
    pub mod health {
        pub mod v1 {
            include!("grpc.health.v1.rs");
        }
    }

    pub mod testing {
        include!("grpc.testing.rs");
    }
}

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::doc_lazy_continuation,
    clippy::doc_overindented_list_items,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::module_inception
)]
pub mod quirks {
    include!("quirks.rs");

    pub mod a_package_with_quite_a_long_name {
        pub mod v1alpha1 {
            include!("quirks.a_package_with_quite_a_long_name.v1alpha1.rs");
        }
    }

    pub mod below {
        include!("quirks.below.rs");
    }
}

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::doc_lazy_continuation,
    clippy::doc_overindented_list_items,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::module_inception
)]
pub mod routeguide {
    include!("routeguide.rs");
}

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::doc_lazy_continuation,
    clippy::doc_overindented_list_items,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::module_inception
)]
pub mod shop {
    pub mod v1 {
        include!("shop.v1.rs");
    }
}

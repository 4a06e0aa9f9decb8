//! Status codes and the tables that lead to them from HTTP statuses and HTTP/2 error codes.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $name:literal;)*) => {
        /// How a call ended (gRPC `doc/statuscodes.md`).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Code {
            $($(#[$doc])* $variant = $number,)*
        }

        impl Code {
            /// Every code, by number.
            pub const ALL: [Code; 17] = [$(Code::$variant,)*];

            /// The code of a wire number; `None` outside 0..=16.
            pub const fn from_u32(number: u32) -> Option<Code> {
                match number {
                    $($number => Some(Code::$variant),)*
                    _ => None,
                }
            }

            /// The name as the protocol writes it, such as `NOT_FOUND`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Code::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    /// The call succeeded.
    Ok = 0 "OK";
    /// The call was cancelled, typically by its caller.
    Cancelled = 1 "CANCELLED";
    /// An error of which no more is known, or a code this side does not know.
    Unknown = 2 "UNKNOWN";
    /// An argument is wrong whatever the state of the system.
    InvalidArgument = 3 "INVALID_ARGUMENT";
    /// The deadline passed before the call ended.
    DeadlineExceeded = 4 "DEADLINE_EXCEEDED";
    /// Something asked for does not exist.
    NotFound = 5 "NOT_FOUND";
    /// Something to be created exists already.
    AlreadyExists = 6 "ALREADY_EXISTS";
    /// The caller is known but may not do this.
    PermissionDenied = 7 "PERMISSION_DENIED";
    /// A quota, a limit or memory is used up.
    ResourceExhausted = 8 "RESOURCE_EXHAUSTED";
    /// The system is not in the state the operation needs; retrying alone does not help.
    FailedPrecondition = 9 "FAILED_PRECONDITION";
    /// A conflict of concurrent operations ended this one.
    Aborted = 10 "ABORTED";
    /// The operation went past the valid range.
    OutOfRange = 11 "OUT_OF_RANGE";
    /// The method is not served here, or the call broke its method's cardinality.
    Unimplemented = 12 "UNIMPLEMENTED";
    /// An invariant is broken: malformed messages, framing or protocol.
    Internal = 13 "INTERNAL";
    /// The service cannot be reached just now; a retry may help.
    Unavailable = 14 "UNAVAILABLE";
    /// Data is lost or corrupted beyond repair.
    DataLoss = 15 "DATA_LOSS";
    /// The caller has no valid credentials.
    Unauthenticated = 16 "UNAUTHENTICATED";
}

impl Code {
    /// The wire number, 0..=16.
    pub const fn as_u32(self) -> u32 {
        self as u32
    }

    /// The code of a name as the protocol writes it (service configurations do); `None` for any other text.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }

    /// Whether the library itself never makes this code, so that one seen was an application's
    /// (gRPC `doc/statuscodes.md`). A balancer or a credential that returns one is rewritten to INTERNAL (gRFC A54).
    pub const fn is_application_only(self) -> bool {
        matches!(
            self,
            Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::FailedPrecondition
                | Code::Aborted
                | Code::OutOfRange
                | Code::DataLoss
        )
    }

    /// The code of a response that carries no `grpc-status`, by its HTTP status
    /// (gRPC `doc/http-grpc-status-mapping.md`, with 431 added).
    ///
    /// Only for such responses: where `grpc-status` is present it counts, whatever `:status` says. 1xx responses are
    /// not final and are no input here.
    pub const fn from_http_status(status: u16) -> Code {
        match status {
            400 | 431 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502 | 503 | 504 => Code::Unavailable,
            _ => Code::Unknown,
        }
    }

    /// The code of a call whose stream the peer reset with this HTTP/2 error code
    /// (gRPC `doc/PROTOCOL-HTTP2.md`, "Errors").
    ///
    /// CANCEL is CANCELLED here; a client whose own deadline has passed makes DEADLINE_EXCEEDED of it.
    pub const fn from_reset(error_code: u32) -> Code {
        match error_code {
            // NO_ERROR to SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR, CONNECT_ERROR,
            // HTTP_1_1_REQUIRED.
            0..=6 | 9 | 10 | 13 => Code::Internal,
            7 => Code::Unavailable,
            8 => Code::Cancelled,
            11 => Code::ResourceExhausted,
            12 => Code::PermissionDenied,
            _ => Code::Unknown,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn numbers_and_names_lead_back() {
        for (number, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code.as_u32() as usize, number);
            assert_eq!(Code::from_u32(code.as_u32()), Some(code));
            assert_eq!(Code::from_name(code.name()), Some(code));
        }
        assert_eq!(Code::from_u32(17), None);
        assert_eq!(Code::from_u32(u32::MAX), None);
        assert_eq!(Code::from_name("not_found"), None);
        assert_eq!(format!("{:>9}", Code::Ok), "       OK");
    }

    #[test]
    fn reset_table() {
        let expected = [
            (0, Code::Internal),
            (1, Code::Internal),
            (2, Code::Internal),
            (3, Code::Internal),
            (4, Code::Internal),
            (5, Code::Internal),
            (6, Code::Internal),
            (7, Code::Unavailable),
            (8, Code::Cancelled),
            (9, Code::Internal),
            (10, Code::Internal),
            (11, Code::ResourceExhausted),
            (12, Code::PermissionDenied),
            (13, Code::Internal),
            (14, Code::Unknown),
            (u32::MAX, Code::Unknown),
        ];
        for (error_code, code) in expected {
            assert_eq!(
                Code::from_reset(error_code),
                code,
                "error code {error_code}"
            );
        }
    }

    #[test]
    fn http_table() {
        let expected = [
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (431, Code::Internal),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
            (200, Code::Unknown),
            (415, Code::Unknown),
            (500, Code::Unknown),
        ];
        for (status, code) in expected {
            assert_eq!(Code::from_http_status(status), code, "HTTP status {status}");
        }
    }

    quickcheck! {
        fn tables_never_say_ok(number: u32) -> bool {
            Code::from_reset(number) != Code::Ok && Code::from_http_status(number as u16) != Code::Ok
        }
    }
}

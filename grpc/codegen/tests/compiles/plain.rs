//! Types and codecs of a service without protobuf.

use crate::{codec::Codec, status::Status};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(pub String);
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub String);

/// The text itself.
pub struct Text;
/// Bytes as they are, receipts as text.
pub struct Mixed;

fn text(bytes: &[u8]) -> Result<String, Status> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Status("not text"))
}

impl Codec<String> for Text {
    fn encode(&self, message: &String, out: &mut Vec<u8>) {
        out.extend_from_slice(message.as_bytes());
    }

    fn decode(&self, bytes: &[u8]) -> Result<String, Status> {
        text(bytes)
    }
}

impl Codec<Order> for Text {
    fn encode(&self, message: &Order, out: &mut Vec<u8>) {
        out.extend_from_slice(message.0.as_bytes());
    }

    fn decode(&self, bytes: &[u8]) -> Result<Order, Status> {
        text(bytes).map(Order)
    }
}

impl Codec<Receipt> for Text {
    fn encode(&self, message: &Receipt, out: &mut Vec<u8>) {
        out.extend_from_slice(message.0.as_bytes());
    }

    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Status> {
        text(bytes).map(Receipt)
    }
}

impl Codec<Vec<u8>> for Mixed {
    fn encode(&self, message: &Vec<u8>, out: &mut Vec<u8>) {
        out.extend_from_slice(message);
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<u8>, Status> {
        Ok(bytes.to_vec())
    }
}

impl Codec<Receipt> for Mixed {
    fn encode(&self, message: &Receipt, out: &mut Vec<u8>) {
        Text.encode(message, out);
    }

    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Status> {
        Text.decode(bytes)
    }
}

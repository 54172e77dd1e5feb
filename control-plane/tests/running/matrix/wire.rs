//! Calls by descriptor: requests are filled by the names of their fields, answers are bytes.

use std::collections::HashMap;
use std::time::Duration;

use prost::bytes::{Buf, BufMut};
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

const SOON: Duration = Duration::from_secs(20);

/// Everything that came back.
#[derive(Debug)]
pub struct Answer {
    pub code: Code,
    status: Option<Status>,
    headers: String,
    messages: Vec<Vec<u8>>,
}

impl Answer {
    /// The stable reason of a refusal.
    pub fn reason(&self) -> String {
        let status = self.status.as_ref();
        let details = status.map(StatusExt::get_error_details);
        let info = details.and_then(|details| details.error_info().cloned());
        info.map(|info| info.reason).unwrap_or_default()
    }

    /// All bytes that the caller could look at.
    pub fn everything(&self) -> Vec<u8> {
        let mut all = self.messages.concat();
        all.extend_from_slice(self.headers.as_bytes());
        if let Some(status) = &self.status {
            all.extend_from_slice(status.message().as_bytes());
            all.extend_from_slice(status.details());
            all.extend_from_slice(format!("{:?}", status.metadata()).as_bytes());
        }
        all
    }
}

/// Makes a call and reads all that it answers.
pub async fn ask(
    channel: &Channel,
    method: &MethodDescriptor,
    token: Option<&str>,
    fields: &HashMap<&str, Value>,
) -> Answer {
    let mut request = Request::new(filled(&method.input(), fields).encode_to_vec());
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = Grpc::new(channel.clone()).max_decoding_message_size(16 << 20);
    client.ready().await.unwrap();
    let call = async {
        let path = path.parse().unwrap();
        // A single answer is a stream of one.
        let answer = match client.server_streaming(request, path, Bytes).await {
            Ok(answer) => answer,
            Err(status) => return refused(status, String::new(), Vec::new()),
        };
        let headers = format!("{:?}", answer.metadata());
        let mut stream = answer.into_inner();
        let mut messages = Vec::new();
        loop {
            match stream.message().await {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(status) => return refused(status, headers, messages),
            }
        }
        Answer {
            code: Code::Ok,
            status: None,
            headers,
            messages,
        }
    };
    tokio::time::timeout(SOON, call).await.expect(&path)
}

fn refused(status: Status, headers: String, messages: Vec<Vec<u8>>) -> Answer {
    Answer {
        code: status.code(),
        status: Some(status),
        headers,
        messages,
    }
}

/// A message whose fields are known by name, in messages within it too.
fn filled(descriptor: &MessageDescriptor, fields: &HashMap<&str, Value>) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        // One of a oneof is enough.
        let taken = field
            .containing_oneof()
            .is_some_and(|oneof| oneof.fields().any(|field| message.has_field(&field)));
        if taken {
            continue;
        }
        match (fields.get(field.name()), field.kind()) {
            (Some(value), _) if value.is_valid_for_field(&field) => {
                message.set_field(&field, value.clone());
            }
            (_, Kind::Message(inner)) if ours(&inner) && !field.is_list() && !field.is_map() => {
                message.set_field(&field, Value::Message(filled(&inner, fields)));
            }
            _ => {}
        }
    }
    message
}

fn ours(descriptor: &MessageDescriptor) -> bool {
    let package = descriptor.package_name();
    package.starts_with("coderunner.") || descriptor.full_name() == "google.protobuf.FieldMask"
}

/// Passes messages on as bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}

//! The daemon's connection to one holder: orders out, observations and news in.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};

use crate::outcome::{Error, ErrorId};
use crate::session::SessionKey;
use crate::sys::descriptors;
use crate::tty::wire::{Decoder, FromHolder, Hello, StationSpec, Tag, ToHolder, control};

/// Orders that may wait for a holder that does not read.
const QUEUE: usize = 256;

/// A holder's answer to an order.
pub(super) type Reply = oneshot::Receiver<FromHolder>;

/// What a link is told.
pub(super) enum Order {
    /// A message; its `seq`, if it has one, awaits an answer.
    Say(ToHolder, Option<(u64, oneshot::Sender<FromHolder>)>),
    /// A new station on this connection.
    Seat(StationSpec, OwnedFd),
}

/// What comes from a link that nobody awaits.
pub(super) enum News {
    Said(FromHolder),
    /// The connection ended.
    Lost,
}

/// The daemon's handle to a link's task.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) key: SessionKey,
    pub(super) holder_pid: u32,
    pub(super) holder_start: u64,
    orders: mpsc::Sender<Order>,
}

impl Link {
    /// Sends an order without waiting.
    pub(super) fn order(&self, order: Order) -> Result<(), Error> {
        self.orders.try_send(order).map_err(|_| {
            Error::new(ErrorId::BackendFailed, "the session's holder does not take orders")
                .hint("`usher close` ends a session whose holder hangs")
        })
    }

    /// Sends a message whose answer is awaited.
    pub(super) fn ask(&self, seq: u64, message: ToHolder) -> Result<Reply, Error> {
        let (answer, reply) = oneshot::channel();
        self.order(Order::Say(message, Some((seq, answer))))?;
        Ok(reply)
    }
}

/// A connection to a holder that has introduced itself.
pub(super) struct Introduced {
    stream: UnixStream,
    decoder: Decoder,
    pub(super) hello: Hello,
    pub(super) holder_start: u64,
}

/// Waits for the holder's introduction.
pub(super) async fn introduce(mut stream: UnixStream) -> Result<Introduced, Error> {
    let mut decoder = Decoder::default();
    match receive(&mut stream, &mut decoder).await {
        Some(FromHolder::Hello(hello)) => {
            let holder_start = crate::sys::proc::parent_and_start(hello.holder_pid).map_or(0, |(_, start)| start);
            Ok(Introduced { stream, decoder, hello: *hello, holder_start })
        }
        Some(FromHolder::Failed { message }) => Err(Error::new(ErrorId::BackendFailed, message)),
        _ => Err(Error::new(ErrorId::BackendFailed, "the session's holder does not introduce itself")),
    }
}

impl Introduced {
    /// Starts the link's task; `news` takes what nobody awaits.
    pub(super) fn link(self, news: impl FnMut(News) + Send + 'static) -> Link {
        let (orders, inbox) = mpsc::channel(QUEUE);
        let link = Link {
            key: self.hello.key.clone(),
            holder_pid: self.hello.holder_pid,
            holder_start: self.holder_start,
            orders,
        };
        tokio::spawn(run(self.stream, self.decoder, inbox, news));
        link
    }
}

/// Reads until a whole message is there; `None` when the connection ended or speaks garbage.
async fn receive(stream: &mut UnixStream, decoder: &mut Decoder) -> Option<FromHolder> {
    let mut buffer = [0; 4096];
    loop {
        match decoder.next_frame() {
            Ok(Some((Tag::Control, json))) => return serde_json::from_slice(json).ok(),
            Ok(Some(_)) | Err(_) => return None,
            Ok(None) => {}
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => decoder.push(&buffer[..count]),
        }
    }
}

async fn run(
    mut stream: UnixStream,
    mut decoder: Decoder,
    mut inbox: mpsc::Receiver<Order>,
    mut news: impl FnMut(News),
) {
    let mut awaited: HashMap<u64, oneshot::Sender<FromHolder>> = HashMap::new();
    loop {
        tokio::select! {
            order = inbox.recv() => {
                let Some(order) = order else { return };
                if carry_out(&mut stream, order, &mut awaited).await.is_err() {
                    break;
                }
            }
            message = receive_cancel_safe(&mut stream, &mut decoder) => {
                match message {
                    Ok(Some(message)) => match answered(&message).and_then(|seq| awaited.remove(&seq)) {
                        Some(asker) => drop(asker.send(message)),
                        None => news(News::Said(message)),
                    },
                    Ok(None) => {}
                    Err(()) => break,
                }
            }
        }
    }
    news(News::Lost);
}

async fn carry_out(
    stream: &mut UnixStream,
    order: Order,
    awaited: &mut HashMap<u64, oneshot::Sender<FromHolder>>,
) -> std::io::Result<()> {
    match order {
        Order::Say(message, answer) => {
            awaited.extend(answer);
            awaited.retain(|_, asker| !asker.is_closed());
            stream.write_all(&control(&message)).await
        }
        Order::Seat(spec, descriptor) => {
            let bytes = control(&ToHolder::Station(spec));
            loop {
                stream.writable().await?;
                let sent = stream
                    .try_io(Interest::WRITABLE, || descriptors::send_with(stream.as_fd(), &bytes, descriptor.as_fd()));
                match sent {
                    Ok(count) => break stream.write_all(&bytes[count..]).await,
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(error) => break Err(error),
                }
            }
        }
    }
}

/// The next message if one is whole, else one read. Nothing is lost when another branch is taken.
async fn receive_cancel_safe(stream: &mut UnixStream, decoder: &mut Decoder) -> Result<Option<FromHolder>, ()> {
    match decoder.next_frame() {
        Ok(Some((Tag::Control, json))) => return Ok(serde_json::from_slice(json).ok()),
        Ok(Some(_)) | Err(_) => return Err(()),
        Ok(None) => {}
    }
    decoder.shrink();
    stream.readable().await.map_err(drop)?;
    let mut buffer = [0; 4096];
    match stream.try_read(&mut buffer) {
        Ok(0) => Err(()),
        Ok(count) => {
            decoder.push(&buffer[..count]);
            Ok(None)
        }
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
        Err(_) => Err(()),
    }
}

/// The order that a message answers.
fn answered(message: &FromHolder) -> Option<u64> {
    match message {
        FromHolder::Covered { seq, .. } | FromHolder::Disconnected { seq } | FromHolder::Closed { seq, .. } => {
            Some(*seq)
        }
        FromHolder::Hello(_)
        | FromHolder::Failed { .. }
        | FromHolder::Started
        | FromHolder::Status(_)
        | FromHolder::Ended { .. } => None,
    }
}

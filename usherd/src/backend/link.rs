//! The daemon's connection to one holder or shield: orders out, observations and news in.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use usher_core::outcome::{Error, ErrorId};
use usher_core::sys::descriptors;
use usher_core::wire::{Decoder, Tag, control};

/// Orders that may wait for a process that does not read.
const QUEUE: usize = 256;

/// What comes over a link.
pub(super) trait Incoming: DeserializeOwned + Send + 'static {
    /// The number of the order that this answers, if it answers one.
    fn answers(&self) -> Option<u64>;
}

/// The answer to an order.
pub(super) type Reply<M> = oneshot::Receiver<M>;

/// The number of an order, and who awaits its answer.
type Asker<M> = (u64, oneshot::Sender<M>);

/// What a link is told.
enum Order<M> {
    /// A frame; where it has a number, somebody awaits the answer.
    Say(Vec<u8>, Option<Asker<M>>),
    /// A frame that a descriptor comes with; likewise.
    Hand(Vec<u8>, OwnedFd, Option<Asker<M>>),
}

/// What comes from a link that nobody awaits.
pub(super) enum News<M> {
    Said(M),
    /// The connection ended.
    Lost,
}

/// The daemon's handle to a link's task.
#[derive(Debug)]
pub(super) struct Link<M> {
    orders: mpsc::Sender<Order<M>>,
}

impl<M> Clone for Link<M> {
    fn clone(&self) -> Self {
        Link { orders: self.orders.clone() }
    }
}

impl<M: Incoming> Link<M> {
    /// Starts a link's task on a connection; `news` takes what nobody awaits.
    pub(super) fn start(connection: Connection, news: impl FnMut(News<M>) + Send + 'static) -> Self {
        let (orders, inbox) = mpsc::channel(QUEUE);
        tokio::spawn(run(connection, inbox, news));
        Link { orders }
    }

    /// Sends a message without waiting.
    pub(super) fn say(&self, message: &impl Serialize) -> Result<(), Error> {
        self.order(Order::Say(control(message), None))
    }

    /// Sends a message whose answer is awaited.
    pub(super) fn ask(&self, seq: u64, message: &impl Serialize) -> Result<Reply<M>, Error> {
        let (answer, reply) = oneshot::channel();
        self.order(Order::Say(control(message), Some((seq, answer))))?;
        Ok(reply)
    }

    /// Sends a message and a descriptor with it.
    pub(super) fn hand(&self, message: &impl Serialize, descriptor: OwnedFd) -> Result<(), Error> {
        self.order(Order::Hand(control(message), descriptor, None))
    }

    /// Sends a message whose answer is awaited, and a descriptor with it.
    pub(super) fn ask_handing(
        &self,
        seq: u64,
        message: &impl Serialize,
        descriptor: OwnedFd,
    ) -> Result<Reply<M>, Error> {
        let (answer, reply) = oneshot::channel();
        self.order(Order::Hand(control(message), descriptor, Some((seq, answer))))?;
        Ok(reply)
    }

    fn order(&self, order: Order<M>) -> Result<(), Error> {
        self.orders.try_send(order).map_err(|_| {
            Error::new(ErrorId::BackendFailed, "the session's holder does not take orders")
                .hint("`usher close` ends a session whose holder hangs")
        })
    }
}

/// A connection, and what was read of it and not yet taken.
pub(super) struct Connection {
    stream: UnixStream,
    decoder: Decoder,
}

impl Connection {
    pub(super) fn new(stream: UnixStream) -> Self {
        Connection { stream, decoder: Decoder::default() }
    }

    /// Sends a message before there is a task for it.
    #[cfg(feature = "system")]
    pub(super) async fn send(&mut self, message: &impl Serialize) -> std::io::Result<()> {
        self.stream.write_all(&control(message)).await
    }

    /// Reads until a whole message is there; `None` when the connection ended or speaks garbage.
    pub(super) async fn receive<M: Incoming>(&mut self) -> Option<M> {
        receive(&mut self.stream, &mut self.decoder).await
    }
}

async fn receive<M: Incoming>(stream: &mut UnixStream, decoder: &mut Decoder) -> Option<M> {
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

async fn run<M: Incoming>(
    Connection { mut stream, mut decoder }: Connection,
    mut inbox: mpsc::Receiver<Order<M>>,
    mut news: impl FnMut(News<M>),
) {
    let mut awaited: HashMap<u64, oneshot::Sender<M>> = HashMap::new();
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
                    Ok(Some(message)) => match M::answers(&message).and_then(|seq| awaited.remove(&seq)) {
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

async fn carry_out<M>(
    stream: &mut UnixStream,
    order: Order<M>,
    awaited: &mut HashMap<u64, oneshot::Sender<M>>,
) -> std::io::Result<()> {
    match order {
        Order::Say(bytes, answer) => {
            awaited.retain(|_, asker| !asker.is_closed());
            awaited.extend(answer);
            stream.write_all(&bytes).await
        }
        Order::Hand(bytes, descriptor, answer) => {
            awaited.retain(|_, asker| !asker.is_closed());
            awaited.extend(answer);
            hand(stream, &bytes, &descriptor).await
        }
    }
}

async fn hand(stream: &mut UnixStream, bytes: &[u8], descriptor: &OwnedFd) -> std::io::Result<()> {
    loop {
        stream.writable().await?;
        let sent =
            stream.try_io(Interest::WRITABLE, || descriptors::send_with(stream.as_fd(), bytes, descriptor.as_fd()));
        match sent {
            Ok(count) => return stream.write_all(&bytes[count..]).await,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// The next message if one is whole, else one read. Nothing is lost when another branch is taken.
async fn receive_cancel_safe<M: Incoming>(stream: &mut UnixStream, decoder: &mut Decoder) -> Result<Option<M>, ()> {
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

//! The daemon's connection to one holder or shield: orders go out, answers and reports come in.

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

/// Messages that may wait for a process that does not read.
const QUEUE: usize = 256;

/// What comes over a link.
pub(super) trait Incoming: DeserializeOwned + Send + 'static {
    /// What the process at the other end is called.
    const SENDER: &'static str;
    /// What helps where it takes no messages.
    const REMEDY: &'static str;
    /// The number of the order that this answers, if it answers one.
    fn answers(&self) -> Option<u64>;
}

/// The answer to an order.
pub(super) type Reply<M> = oneshot::Receiver<M>;

/// The number of an order, and where its answer is awaited.
type Awaited<M> = (u64, oneshot::Sender<M>);

/// What the daemon gives to a link's task.
enum LinkCommand<M> {
    /// A frame, and where its answer is awaited.
    Send(Vec<u8>, Option<Awaited<M>>),
    /// The same with a descriptor.
    SendWith(Vec<u8>, OwnedFd, Option<Awaited<M>>),
}

/// What a link's task reports: messages that nobody awaits, and its end.
pub(super) enum LinkEvent<M> {
    Message(M),
    /// The connection ended.
    Lost,
}

/// The daemon's handle to a link's task.
#[derive(Debug)]
pub(super) struct PeerLink<M> {
    orders: mpsc::Sender<LinkCommand<M>>,
}

impl<M> Clone for PeerLink<M> {
    fn clone(&self) -> Self {
        PeerLink { orders: self.orders.clone() }
    }
}

impl<M: Incoming> PeerLink<M> {
    /// Starts a link's task on a connection; `report` takes what nobody awaits.
    pub(super) fn start(connection: Connection, report: impl FnMut(LinkEvent<M>) + Send + 'static) -> Self {
        let (orders, inbox) = mpsc::channel(QUEUE);
        tokio::spawn(run(connection, inbox, report));
        PeerLink { orders }
    }

    /// Sends a message without waiting.
    pub(super) fn send(&self, message: &impl Serialize) -> Result<(), Error> {
        self.enqueue(LinkCommand::Send(control(message), None))
    }

    /// Sends a message whose answer is awaited.
    pub(super) fn request(&self, seq: u64, message: &impl Serialize) -> Result<Reply<M>, Error> {
        let (answer, reply) = oneshot::channel();
        self.enqueue(LinkCommand::Send(control(message), Some((seq, answer))))?;
        Ok(reply)
    }

    /// Sends a message and a descriptor with it.
    pub(super) fn send_with(&self, message: &impl Serialize, descriptor: OwnedFd) -> Result<(), Error> {
        self.enqueue(LinkCommand::SendWith(control(message), descriptor, None))
    }

    /// Sends a message whose answer is awaited, and a descriptor with it.
    pub(super) fn request_with(
        &self,
        seq: u64,
        message: &impl Serialize,
        descriptor: OwnedFd,
    ) -> Result<Reply<M>, Error> {
        let (answer, reply) = oneshot::channel();
        self.enqueue(LinkCommand::SendWith(control(message), descriptor, Some((seq, answer))))?;
        Ok(reply)
    }

    fn enqueue(&self, order: LinkCommand<M>) -> Result<(), Error> {
        self.orders.try_send(order).map_err(|_| {
            Error::new(ErrorId::BackendFailed, format!("the session's {} takes no messages", M::SENDER)).hint(M::REMEDY)
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

    /// The same with a descriptor.
    #[cfg(feature = "system")]
    pub(super) async fn send_with(&mut self, message: &impl Serialize, descriptor: &OwnedFd) -> std::io::Result<()> {
        hand(&mut self.stream, &control(message), descriptor).await
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
    mut inbox: mpsc::Receiver<LinkCommand<M>>,
    mut report: impl FnMut(LinkEvent<M>),
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
                        None => report(LinkEvent::Message(message)),
                    },
                    Ok(None) => {}
                    Err(()) => break,
                }
            }
        }
    }
    report(LinkEvent::Lost);
}

async fn carry_out<M>(
    stream: &mut UnixStream,
    order: LinkCommand<M>,
    awaited: &mut HashMap<u64, oneshot::Sender<M>>,
) -> std::io::Result<()> {
    match order {
        LinkCommand::Send(bytes, answer) => {
            awaited.retain(|_, asker| !asker.is_closed());
            awaited.extend(answer);
            stream.write_all(&bytes).await
        }
        LinkCommand::SendWith(bytes, descriptor, answer) => {
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

#[cfg(test)]
mod tests {
    use std::io::Read;

    use usher_core::wire::holder::{FromHolder, ToHolder};
    use usher_core::wire::put;

    use super::*;

    /// A link, its other end, and what nobody awaited; `None` stands for the end.
    fn linked() -> (PeerLink<FromHolder>, UnixStream, mpsc::UnboundedReceiver<Option<FromHolder>>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (tell, told) = mpsc::unbounded_channel();
        let link = PeerLink::start(Connection::new(ours), move |news| {
            let _ = tell.send(match news {
                LinkEvent::Message(message) => Some(message),
                LinkEvent::Lost => None,
            });
        });
        (link, theirs, told)
    }

    fn disconnected(seq: u64) -> Vec<u8> {
        control(&FromHolder::Disconnected { seq })
    }

    fn order(seq: u64) -> ToHolder {
        ToHolder::Disconnect { seq, by: "olga".to_owned() }
    }

    #[tokio::test]
    async fn an_answer_finds_its_order_whatever_the_sequence() {
        let (link, mut theirs, mut told) = linked();
        let (first, second) = (link.request(1, &order(1)).unwrap(), link.request(2, &order(2)).unwrap());
        theirs.write_all(&[disconnected(2), disconnected(7), disconnected(1)].concat()).await.unwrap();
        assert!(matches!(second.await, Ok(FromHolder::Disconnected { seq: 2 })));
        assert!(matches!(first.await, Ok(FromHolder::Disconnected { seq: 1 })));
        assert!(matches!(told.recv().await, Some(Some(FromHolder::Disconnected { seq: 7 }))), "nobody awaited it");
    }

    #[tokio::test]
    async fn a_frame_may_come_in_pieces_between_orders() {
        let (link, mut theirs, _told) = linked();
        let reply = link.request(1, &order(1)).unwrap();
        for byte in disconnected(1) {
            link.send(&ToHolder::Start).unwrap();
            theirs.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert!(matches!(reply.await, Ok(FromHolder::Disconnected { seq: 1 })));
    }

    #[tokio::test]
    async fn the_end_of_a_connection_is_told_once_and_ends_what_was_awaited() {
        let (link, theirs, mut told) = linked();
        let reply = link.request(1, &order(1)).unwrap();
        drop(theirs);
        assert!(reply.await.is_err());
        assert!(matches!(told.recv().await, Some(None)));
        assert!(told.recv().await.is_none());
        assert_eq!(link.send(&ToHolder::Start).unwrap_err().id, ErrorId::BackendFailed);
    }

    #[tokio::test]
    async fn garbage_and_frames_that_are_too_large_end_the_connection() {
        for garbage in [b"\0\0\0\0\0\0".to_vec(), vec![b'c', 0xff, 0xff, 0xff, 0xff]] {
            let (_link, mut theirs, mut told) = linked();
            theirs.write_all(&garbage).await.unwrap();
            assert!(matches!(told.recv().await, Some(None)), "{garbage:?}");
        }
    }

    #[tokio::test]
    async fn a_message_of_a_later_version_is_passed_over() {
        let (link, mut theirs, _told) = linked();
        let reply = link.request(1, &order(1)).unwrap();
        let mut unknown = Vec::new();
        put(&mut unknown, Tag::Control, br#"{"Later":{"seq":1}}"#);
        theirs.write_all(&[unknown, disconnected(1)].concat()).await.unwrap();
        assert!(reply.await.is_ok());
    }

    #[tokio::test]
    async fn orders_to_a_process_that_does_not_read_are_refused_and_never_awaited() {
        let (link, _theirs, _told) = linked();
        let by = "x".repeat(64 << 10);
        let refused =
            (0..=2 * QUEUE as u64).find_map(|seq| link.send(&ToHolder::Disconnect { seq, by: by.clone() }).err());
        assert_eq!(refused.unwrap().id, ErrorId::BackendFailed);
    }

    #[tokio::test]
    async fn a_descriptor_arrives_with_its_message() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let link: PeerLink<FromHolder> = PeerLink::start(Connection::new(ours), |_| {});
        let (read, write) = std::io::pipe().unwrap();
        link.send_with(&ToHolder::Start, OwnedFd::from(write)).unwrap();
        theirs.readable().await.unwrap();
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = rustix::net::RecvAncillaryBuffer::new(&mut space);
        let mut buffer = [0; 256];
        let mut slices = [std::io::IoSliceMut::new(&mut buffer)];
        rustix::net::recvmsg(&theirs, &mut slices, &mut control, rustix::net::RecvFlags::empty()).unwrap();
        let received = control.drain().find_map(|message| match message {
            rustix::net::RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        std::io::Write::write_all(&mut std::fs::File::from(received.expect("a descriptor")), b"it").unwrap();
        let mut text = String::new();
        let mut read = read;
        drop(link);
        read.read_to_string(&mut text).unwrap();
        assert_eq!(text, "it");
    }
}

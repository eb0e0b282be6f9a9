//! A connection to another host that is kept for the next request: a new one takes a login there.

use std::time::Duration;

use super::connect::Sender;
use super::{Client, collect, health_route};

/// How long a kept connection may take to show that somebody answers. After it a new one is made.
const PROOF: Duration = Duration::from_secs(2);
/// The most that is read of what it answers.
const LARGEST: usize = 64 << 10;

impl Client {
    /// Whether somebody answers on a kept connection, be it with a refusal. It is free for the next request then.
    pub(super) async fn answers(&self, kept: &mut Sender) -> bool {
        let answered = async {
            let request = self.request(health_route(), None).ok()?;
            let response = kept.send_request(request).await.ok()?;
            collect(response, LARGEST).await.ok()?;
            kept.ready().await.ok()
        };
        tokio::time::timeout(PROOF, answered).await.is_ok_and(|answered| answered.is_some())
    }
}

#[cfg(test)]
mod tests {
    use hyper::client::conn::http1::handshake;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use usher_core::outcome::{ErrorId, Outcome};
    use usher_core::request::{Action, Secret, Targets, UnlockRequest};

    use super::super::Endpoint;
    use super::super::connect::PageClaim;
    use super::*;

    const HEALTHY: &str = "HTTP/1.1 200 OK\r\nusher-api: 1\r\ncontent-length: 2\r\n\r\n{}";
    const NOBODY: &str = "HTTP/1.1 200 OK\r\nusher-api: 1\r\ncontent-length: 2\r\n\r\n[]";

    /// A client that keeps a connection, and the far end of it. It cannot make another.
    async fn keeping() -> (Client, DuplexStream) {
        let (near, far) = duplex(64 << 10);
        let (sender, connection) = handshake(TokioIo::new(near)).await.unwrap();
        tokio::spawn(connection);
        let claim = PageClaim {
            usherd: "/nowhere/usherd.sock".into(),
            secret: Secret::new().unwrap(),
            from: [127, 0, 0, 1].into(),
        };
        let client = Client::of(Endpoint::Joined("lab1".parse().unwrap(), claim), None);
        *client.idle.lock().await = Some(sender);
        (client, far)
    }

    async fn head(far: &mut DuplexStream) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(far.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    fn unlock() -> Action {
        Action::Unlock(UnlockRequest { targets: Targets::All, exempt: false })
    }

    #[tokio::test]
    async fn what_acts_is_not_sent_into_silence() {
        let (client, mut far) = keeping().await;
        let lost = client.call::<Vec<Outcome>>(&unlock()).await.unwrap_err();
        assert_eq!(lost.error.id, ErrorId::HostUnreachable, "{lost:?}");
        assert!(!client.has_asked());
        let mut sent = String::new();
        far.read_to_string(&mut sent).await.unwrap();
        assert!(sent.starts_with("GET /healthz ") && !sent.contains("unlock"), "{sent}");
    }

    #[tokio::test]
    async fn what_acts_is_sent_once_somebody_answered() {
        let (client, mut far) = keeping().await;
        let host = async {
            assert!(head(&mut far).await.starts_with("GET /healthz "));
            far.write_all(HEALTHY.as_bytes()).await.unwrap();
            assert!(head(&mut far).await.starts_with("POST "));
            far.write_all(NOBODY.as_bytes()).await.unwrap();
        };
        let unlock = unlock();
        let (outcomes, ()) = tokio::join!(client.call::<Vec<Outcome>>(&unlock), host);
        assert_eq!(outcomes.unwrap(), []);
    }
}

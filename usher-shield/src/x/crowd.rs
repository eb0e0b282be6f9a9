//! Who the server's clients are.

use std::collections::BTreeMap;

use usher_core::sys::proc;
use usher_core::wire::shield::{Crowd, Member};
use x11rb::protocol::res::{ClientIdMask, ClientIdSpec, ConnectionExt as _};

use super::display::{Asked, Display};

/// How many processes are named.
const NAMED: usize = 4;

/// Which processes have how many connections, the greediest first (X Resource Extension 1.2, QueryClientIds; the server
/// knows them from the kernel). `ours` are left out.
pub fn crowd(x: &Display, ours: &[u32]) -> Asked<Crowd> {
    let mut crowd = Crowd::default();
    if !x.has.res {
        return Ok(crowd);
    }
    let spec = ClientIdSpec { client: 0, mask: ClientIdMask::LOCAL_CLIENT_PID };
    let ids = x.listed(x.conn.res_query_client_ids(&[spec])?, 8, 12)?.ids;
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    for pid in ids.iter().filter_map(|id| id.value.first()).filter(|pid| !ours.contains(pid)) {
        *counts.entry(*pid).or_default() += 1;
    }
    crowd.clients = counts.values().sum();
    let mut members: Vec<(u32, u32)> = counts.into_iter().collect();
    members.sort_by_key(|(_, clients)| std::cmp::Reverse(*clients));
    members.truncate(NAMED);
    crowd.members = members.into_iter().map(|(pid, clients)| Member { pid, uid: proc::uid(pid), clients }).collect();
    Ok(crowd)
}

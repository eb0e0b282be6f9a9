//! Every input device, held: what reads a device by itself gets nothing either.
//!
//! The core grabs hold one keyboard and one pointer, those that core clients know. A program may read another device than these
//! (X Input Extension 2): a slave alone (`XIGrabDevice`, or floated by `XIChangeHierarchy`), or a master that it made. So each device is
//! grabbed. A slave floats while it is (`XIGrabDevice`), and the server gives it back to its master after.

use x11rb::CURRENT_TIME;
use x11rb::protocol::xinput::{
    self, ConnectionExt as _, DeviceType, EventMask, GrabOwner, XIChangePropertyAux, XIDeviceInfo, XIEventMask,
};
use x11rb::protocol::xproto::{AtomEnum, GrabMode, GrabStatus, PropMode};

use super::display::{Asked, Display, Trouble};

/// `XIAllDevices`.
const ALL: u16 = 0;
/// More than these no seat has; who makes more masters makes them to get at keys, and is told of.
pub const MAX: usize = 256;

/// The devices beside those that the core grabs hold.
#[derive(Debug, Default)]
pub struct Devices {
    held: Vec<u16>,
    /// Devices that another program holds.
    pub missed: usize,
}

impl Devices {
    /// Asks to be told of devices that come, go, and are attached elsewhere.
    pub fn watch(x: &Display) -> Asked {
        if x.has.xinput {
            let mask = EventMask { deviceid: ALL, mask: vec![XIEventMask::HIERARCHY] };
            x.conn.xinput_xi_select_events(x.root, &[mask])?;
        }
        Ok(())
    }

    /// Grabs every device that is there and that the core grabs do not hold.
    pub fn hold(&mut self, x: &Display) -> Asked {
        if !x.has.xinput {
            return Ok(());
        }
        let devices = others(x)?;
        let (mode, mask) = (GrabMode::ASYNC, [0u32]);
        let grab = |device: &u16| {
            let owner = GrabOwner::NO_OWNER;
            x.conn.xinput_xi_grab_device(x.root, CURRENT_TIME, x11rb::NONE, *device, mode, mode, owner, &mask)
        };
        let asked = devices.iter().take(MAX).map(grab).collect::<Result<Vec<_>, _>>()?;
        (self.missed, self.held) = (devices.len().saturating_sub(MAX), Vec::new());
        for (device, asked) in devices.iter().zip(asked) {
            match asked.reply().map_err(Trouble::from) {
                Ok(reply) if reply.status == GrabStatus::SUCCESS => self.held.push(*device),
                Ok(_) => self.missed += 1,
                // It went meanwhile.
                Err(Trouble::Refused) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Whether this device is held by itself.
    pub fn has(&self, device: u16) -> bool {
        self.held.contains(&device)
    }

    /// Gives them back, so that they are attached as before, and sees it done.
    pub fn release(&mut self, x: &Display) -> Asked {
        for device in std::mem::take(&mut self.held) {
            x.conn.xinput_xi_ungrab_device(CURRENT_TIME, device)?;
        }
        self.missed = 0;
        x.sync()
    }
}

/// All devices but the two that core requests are about.
fn others(x: &Display) -> Asked<Vec<u16>> {
    let core = x.conn.xinput_xi_get_client_pointer(x11rb::NONE)?.reply()?;
    let devices = x.conn.xinput_xi_query_device(ALL)?.reply()?.infos;
    let pointer = devices.iter().find(|device| core.set && device.deviceid == core.deviceid);
    let core: Vec<u16> = pointer.iter().flat_map(|pointer| [pointer.deviceid, pointer.attachment]).collect();
    let is_other = |device: &&XIDeviceInfo| device.enabled && !core.contains(&device.deviceid);
    Ok(devices.iter().filter(is_other).map(|device| device.deviceid).collect())
}

/// The devices that send raw input: all that are no masters and are on, but for those that the server keeps for XTEST, which
/// it turns off for nobody.
pub fn that_speak(x: &Display) -> Asked<Vec<u16>> {
    if !x.has.xinput {
        return Ok(Vec::new());
    }
    let master = |kind| matches!(kind, DeviceType::MASTER_KEYBOARD | DeviceType::MASTER_POINTER);
    let of_server =
        |name: &[u8]| [b"XTEST pointer".as_slice(), b"XTEST keyboard"].iter().any(|end| name.ends_with(end));
    let devices = x.conn.xinput_xi_query_device(ALL)?.reply()?.infos;
    let speak = devices.iter().filter(|d| d.enabled && !master(d.type_) && !of_server(&d.name)).take(MAX);
    Ok(speak.map(|device| device.deviceid).collect())
}

/// Turns devices on or off (`Device Enabled`, a property that the server itself has on each). One that is gone stays so.
pub fn turn(x: &Display, devices: &[u16], on: bool) -> Asked {
    if devices.is_empty() {
        return Ok(());
    }
    let enabled = x.atom("Device Enabled")?;
    for device in devices {
        if !on {
            // The server breaks down when the grab of a device ends that is off.
            x.conn.xinput_xi_ungrab_device(CURRENT_TIME, *device)?;
        }
        let value = XIChangePropertyAux::Data8(vec![u8::from(on)]);
        let mode = PropMode::REPLACE;
        let kind = AtomEnum::INTEGER.into();
        match x.conn.xinput_xi_change_property(*device, mode, enabled, kind, 1, &value)?.check().map_err(Trouble::from)
        {
            Ok(()) | Err(Trouble::Refused) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// The keyboards that are no masters.
pub fn keyboards(x: &Display) -> Asked<Vec<u16>> {
    if !x.has.xinput {
        return Ok(Vec::new());
    }
    let has_keys = |device: &XIDeviceInfo| {
        device.classes.iter().any(|class| matches!(class.data, xinput::DeviceClassData::Key(_)))
    };
    let master = |kind| matches!(kind, DeviceType::MASTER_KEYBOARD | DeviceType::MASTER_POINTER);
    let devices = x.conn.xinput_xi_query_device(ALL)?.reply()?.infos;
    let found = devices.iter().filter(|device| !master(device.type_) && has_keys(device)).take(MAX);
    Ok(found.map(|device| device.deviceid).collect())
}

/// What is down on keyboards and pointers themselves, whatever their masters believe: a bit for each key and each button.
pub fn down(x: &Display) -> Asked<Option<([u8; 32], [u8; 32])>> {
    if !x.has.xinput {
        return Ok(None);
    }
    let devices = x.conn.xinput_xi_query_device(ALL)?.reply()?.infos;
    let slave = |device: &&XIDeviceInfo| matches!(device.type_, DeviceType::SLAVE_KEYBOARD | DeviceType::SLAVE_POINTER);
    let asked = devices.iter().filter(slave).filter_map(|device| u8::try_from(device.deviceid).ok());
    let asked = asked.map(|device| x.conn.xinput_query_device_state(device)).collect::<Result<Vec<_>, _>>()?;
    let (mut keys, mut buttons) = ([0; 32], [0; 32]);
    let add = |all: &mut [u8; 32], some: [u8; 32]| all.iter_mut().zip(some).for_each(|(all, some)| *all |= some);
    for state in asked.into_iter().filter_map(|asked| asked.reply().ok()).flat_map(|reply| reply.classes) {
        match state.data {
            xinput::InputStateData::Key(state) => add(&mut keys, state.keys),
            xinput::InputStateData::Button(state) => add(&mut buttons, state.buttons),
            _ => {}
        }
    }
    Ok(Some((keys, buttons)))
}

//! A graphics card, and the connectors of it that have a screen.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use drm::control::{Device as _, ModeTypeFlags, connector, crtc, framebuffer};
use drm::{ClientCapability, Device as _};

use super::buffer::ScreenBuffer;
use crate::picture::Picture;

/// A card that the warden handed over.
pub struct PaintedCard {
    file: OwnedFd,
    /// What its connectors were at the last look, and the mode of each that has a screen.
    found: Vec<(connector::Info, Option<drm::control::Mode>)>,
    outlets: HashMap<connector::Handle, Outlet>,
    /// Pictures of a painter before this one, until ours are shown.
    left: Vec<framebuffer::Handle>,
}

/// A connector that has a screen, and what it shows.
struct Outlet {
    crtc: crtc::Handle,
    mode: drm::control::Mode,
    buffer: ScreenBuffer,
    /// The number of the message on it; 0 for the ground alone.
    number: u64,
}

impl AsFd for PaintedCard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl drm::Device for PaintedCard {}
impl drm::control::Device for PaintedCard {}

impl PaintedCard {
    pub fn new(file: OwnedFd) -> Self {
        let mut card = PaintedCard { file, found: Vec::new(), outlets: HashMap::new(), left: Vec::new() };
        card.left = card.resource_handles().map(|all| all.framebuffers().to_vec()).unwrap_or_default();
        let _ = card.set_client_capability(ClientCapability::UniversalPlanes, true);
        card
    }

    /// Looks which screens there are.
    pub fn look(&mut self) -> io::Result<()> {
        self.found.clear();
        for handle in self.resource_handles()?.connectors() {
            // What the kernel knows already: it looks for new screens by itself.
            let connector = self.get_connector(*handle, false)?;
            let mode = (connector.state() == connector::State::Connected).then(|| best(&connector)).flatten();
            self.found.push((connector, mode));
        }
        Ok(())
    }

    /// The sizes of its screens that do not show this message.
    pub fn lacking(&self, number: u64) -> impl Iterator<Item = (u16, u16)> {
        self.found.iter().filter_map(move |(connector, mode)| {
            let mode = mode.as_ref()?;
            let outlet = self.outlets.get(&connector.handle());
            let shows = outlet.is_some_and(|outlet| outlet.number == number && outlet.mode == *mode);
            (!shows).then(|| mode.size())
        })
    }

    /// Sees that each screen shows a picture of ours.
    pub fn cover(&mut self) -> io::Result<()> {
        let found = std::mem::take(&mut self.found);
        let covered = found.iter().try_for_each(|(connector, mode)| match mode {
            Some(mode) => self.tend(connector, *mode),
            None => {
                self.outlets.remove(&connector.handle()).into_iter().for_each(|outlet| outlet.buffer.free(self));
                Ok(())
            }
        });
        self.found = found;
        covered?;
        self.clear_planes()?;
        self.forget_left();
        Ok(())
    }

    fn forget_left(&mut self) {
        for picture in std::mem::take(&mut self.left) {
            let memory = self.get_framebuffer(picture).ok().and_then(|known| known.buffer());
            let _ = self.destroy_framebuffer(picture);
            memory.into_iter().for_each(|memory| drop(self.close_buffer(memory)));
        }
    }

    fn tend(&mut self, connector: &connector::Info, mode: drm::control::Mode) -> io::Result<()> {
        let handle = connector.handle();
        if let Some(outlet) = self.outlets.get(&handle).filter(|outlet| outlet.mode == mode) {
            if self.get_crtc(outlet.crtc)?.framebuffer() != Some(outlet.buffer.shown_as) {
                self.show(outlet.crtc, outlet.buffer.shown_as, handle, mode)?;
            }
            return Ok(());
        }
        let known = self.outlets.get(&handle).map(|outlet| outlet.crtc);
        let crtc = known.map_or_else(|| self.free_crtc(connector), Ok)?;
        let (width, height) = mode.size();
        let buffer = ScreenBuffer::new(self, (width.into(), height.into()))?;
        self.show(crtc, buffer.shown_as, handle, mode)?;
        let before = self.outlets.insert(handle, Outlet { crtc, mode, buffer, number: 0 });
        before.into_iter().for_each(|outlet| outlet.buffer.free(self));
        Ok(())
    }

    fn show(
        &self,
        crtc: crtc::Handle,
        picture: framebuffer::Handle,
        connector: connector::Handle,
        mode: drm::control::Mode,
    ) -> io::Result<()> {
        self.set_crtc(crtc, Some(picture), (0, 0), &[connector], Some(mode))
    }

    /// What can feed this connector and feeds no other of ours.
    fn free_crtc(&self, connector: &connector::Info) -> io::Result<crtc::Handle> {
        let all = self.resource_handles()?;
        let mut able = Vec::new();
        for encoder in connector.current_encoder().into_iter().chain(connector.encoders().iter().copied()) {
            let encoder = self.get_encoder(encoder)?;
            able.extend(encoder.crtc().into_iter().chain(all.filter_crtcs(encoder.possible_crtcs())));
        }
        let taken = |crtc: &crtc::Handle| self.outlets.values().any(|outlet| outlet.crtc == *crtc);
        able.into_iter().find(|crtc| !taken(crtc)).ok_or_else(|| io::Error::other("no circuit is free for a screen"))
    }

    /// Puts the message on every screen for whose size there is a picture.
    pub fn put(&mut self, number: u64, pictures: &[((u16, u16), Picture)]) -> io::Result<()> {
        let mut outlets = std::mem::take(&mut self.outlets);
        let outdated = outlets.iter_mut().filter(|(_, outlet)| outlet.number != number);
        let put = outdated.filter_map(|(handle, outlet)| {
            let (_, picture) = pictures.iter().find(|(size, _)| *size == outlet.mode.size())?;
            Some(self.put_on(*handle, outlet, picture).map(|()| outlet.number = number))
        });
        let result = put.collect();
        self.outlets = outlets;
        result
    }

    fn put_on(&self, connector: connector::Handle, outlet: &mut Outlet, picture: &Picture) -> io::Result<()> {
        outlet.buffer.draw(self, picture)?;
        // To be set once more tells every card.
        outlet.buffer.tell(self).or_else(|_| self.show(outlet.crtc, outlet.buffer.shown_as, connector, outlet.mode))
    }

    /// Every screen shows this message.
    pub fn shows(&self, number: u64) -> bool {
        self.outlets.values().all(|outlet| outlet.number == number)
    }

    /// Takes away what others left in front of our pictures, as a pointer or a film.
    fn clear_planes(&self) -> io::Result<()> {
        let ours: Vec<_> = self.outlets.values().map(|outlet| outlet.buffer.shown_as).collect();
        for handle in self.plane_handles()? {
            let plane = self.get_plane(handle)?;
            if let (Some(shown), Some(crtc)) = (plane.framebuffer(), plane.crtc())
                && !ours.contains(&shown)
            {
                let _ = self.set_plane(handle, crtc, None, 0, (0, 0, 0, 0), (0, 0, 0, 0));
            }
        }
        Ok(())
    }
}

/// The mode that the screen likes best, else the first.
fn best(connector: &connector::Info) -> Option<drm::control::Mode> {
    let preferred = |mode: &&drm::control::Mode| mode.mode_type().contains(ModeTypeFlags::PREFERRED);
    connector.modes().iter().find(preferred).or_else(|| connector.modes().first()).copied()
}

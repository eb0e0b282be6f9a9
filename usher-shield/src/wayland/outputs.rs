//! What a compositor's outputs show, side by side, by `zwlr_screencopy_v1`: under a lock that is the lock screen. A process of its
//! own takes it, on a connection that nothing else is said on, and ends.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, SealFlags};
use usher_core::request::ThumbnailSize;
use wayland_client::backend::WaylandError;
use wayland_client::protocol::wl_buffer::WlBuffer;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::protocol::wl_output::{self, Transform, WlOutput};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_shm::WlShm;
use wayland_client::protocol::wl_shm_pool::WlShmPool;
use wayland_client::{Connection, Dispatch, EventQueue, Proxy, QueueHandle, WEnum, delegate_noop};
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_frame_v1::{self, Flags, ZwlrScreencopyFrameV1};
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_manager_v1::ZwlrScreencopyManagerV1;

use super::panel::{Layout, Panel};
use super::pixels::MOST;
use crate::thumbnail::{Sheet, serve};

/// The most outputs that are pictured.
const MOST_OUTPUTS: usize = 16;
/// The most bytes of all their pixels.
const MOST_BYTES: usize = 80 << 20;

/// Takes a picture of what the compositor at the other end of standard input shows, when the shield orders it.
pub fn pictures() -> io::Result<()> {
    let connection = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut connection = Some(connection);
    serve(|size, to| {
        let connection = connection.take().ok_or_else(|| io::Error::other("the compositor ended the connection"))?;
        picture(connection, size, to)
    })
}

fn picture(connection: UnixStream, size: ThumbnailSize, out: impl Write + 'static) -> io::Result<()> {
    let mut eye = Eye::open(connection)?;
    let panels = eye.look()?;
    let width = panels.iter().map(|panel| panel.size().0).sum();
    let height = panels.iter().map(|panel| panel.size().1).max().unwrap_or(0);
    let mut sheet = Sheet::new(out, (width, height), size)?;
    let mut row = Vec::new();
    for y in 0..height {
        row.clear();
        panels.iter().for_each(|panel| panel.append_row(y, &mut row));
        sheet.row(&row)?;
    }
    sheet.end()
}

/// A connection that is looked through.
struct Eye {
    conn: Connection,
    queue: EventQueue<Sight>,
    sight: Sight,
    until: Instant,
}

/// What the compositor said.
#[derive(Default)]
struct Sight {
    shm: Option<WlShm>,
    manager: Option<ZwlrScreencopyManagerV1>,
    outputs: Vec<PicturedOutput>,
    synced: bool,
    bytes: usize,
}

struct PicturedOutput {
    number: u32,
    proxy: WlOutput,
    place: (i32, i32),
    transform: Transform,
    upside_down: bool,
    copy: OutputCopy,
}

/// How far the copy of an output's pixels is.
enum OutputCopy {
    /// It is not known yet how they are stored.
    Awaited,
    /// The compositor writes there.
    Begun(File, Layout),
    /// It has written.
    Done(File, Layout),
    /// There is none, and why.
    Failed(&'static str),
}

impl Eye {
    fn open(stream: UnixStream) -> io::Result<Eye> {
        let conn = Connection::from_socket(stream).map_err(io::Error::other)?;
        let (queue, until) = (conn.new_event_queue(), Instant::now() + crate::capture::PATIENCE);
        let mut eye = Eye { conn, queue, sight: Sight::default(), until };
        eye.conn.display().get_registry(&eye.queue.handle(), ());
        // First what there is, then what each of it says of itself.
        eye.sync()?;
        eye.sync()?;
        Ok(eye)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sight.synced = false;
        self.conn.display().sync(&self.queue.handle(), ());
        self.wait(|sight| sight.synced)
    }

    fn wait(&mut self, done: impl Fn(&Sight) -> bool) -> io::Result<()> {
        loop {
            self.queue.dispatch_pending(&mut self.sight).map_err(ended)?;
            if done(&self.sight) {
                return Ok(());
            }
            self.conn.flush().map_err(ended)?;
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::other("the compositor does not answer"));
            }
            let Some(reading) = self.conn.prepare_read() else { continue };
            let timeout = Timespec::try_from(left.min(Duration::from_millis(200))).ok();
            poll(&mut [PollFd::new(&self.conn.as_fd(), PollFlags::IN)], timeout.as_ref())?;
            match reading.read() {
                Ok(_) => {}
                Err(WaylandError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(ended(error)),
            }
        }
    }

    /// What each output shows, from left to right.
    fn look(&mut self) -> io::Result<Vec<Panel>> {
        let queue = self.queue.handle();
        let Some(manager) = self.sight.manager.clone().filter(|_| self.sight.shm.is_some()) else {
            return Err(io::Error::other("the compositor lets nobody picture its outputs"));
        };
        for output in &self.sight.outputs {
            manager.capture_output(0, &output.proxy, &queue, output.number);
        }
        let is_over = |output: &PicturedOutput| matches!(output.copy, OutputCopy::Done(..) | OutputCopy::Failed(_));
        self.wait(|sight| sight.outputs.iter().all(is_over))?;
        let mut outputs = std::mem::take(&mut self.sight.outputs);
        outputs.sort_by_key(|output| output.place);
        let mut why = "the compositor has no output";
        let mut panels = Vec::new();
        for output in outputs {
            match output.copy {
                OutputCopy::Done(file, layout) => {
                    let mut pixels = vec![0; layout.bytes(MOST).unwrap_or(0)];
                    file.read_exact_at(&mut pixels, 0)?;
                    let (transform, upside_down) = (output.transform, output.upside_down);
                    panels.push(Panel { pixels, layout, transform, upside_down });
                }
                OutputCopy::Failed(reason) => why = reason,
                OutputCopy::Awaited | OutputCopy::Begun(..) => {}
            }
        }
        if panels.is_empty() { Err(io::Error::other(why)) } else { Ok(panels) }
    }
}

/// The error's own words may be the compositor's.
fn ended(_: impl std::error::Error) -> io::Error {
    io::Error::other("the compositor ended the connection")
}

impl Sight {
    fn output(&mut self, number: u32) -> Option<&mut PicturedOutput> {
        self.outputs.iter_mut().find(|output| output.number == number)
    }

    /// The compositor says how an output's pixels are stored: it gets a place for them.
    fn begin(&mut self, number: u32, layout: Layout, frame: &ZwlrScreencopyFrameV1, queue: &QueueHandle<Sight>) {
        let Some(shm) = self.shm.clone() else { return };
        let room = MOST_BYTES - self.bytes;
        let Some(output) = self.output(number).filter(|output| matches!(output.copy, OutputCopy::Awaited)) else {
            return;
        };
        let bytes = match layout.bytes(MOST) {
            None => {
                return output.copy =
                    OutputCopy::Failed("the outputs' pixels are stored in a way that usher does not read");
            }
            Some(bytes) if bytes > room => return output.copy = OutputCopy::Failed("the outputs have too many pixels"),
            Some(bytes) => bytes,
        };
        let Ok(file) = shared(bytes) else {
            return output.copy = OutputCopy::Failed("there is no memory for the outputs' pixels");
        };
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let pool = shm.create_pool(file.as_fd(), i32::try_from(bytes).unwrap_or(i32::MAX), queue, ());
        let (width, height, stride) = (number(layout.width), number(layout.height), number(layout.stride));
        let buffer = pool.create_buffer(0, width, height, stride, layout.format, queue, ());
        frame.copy(&buffer);
        pool.destroy();
        output.copy = OutputCopy::Begun(file, layout);
        self.bytes += bytes;
    }

    fn ready(&mut self, number: u32) {
        let Some(output) = self.output(number) else { return };
        output.copy = match std::mem::replace(&mut output.copy, OutputCopy::Awaited) {
            OutputCopy::Begun(file, layout) => OutputCopy::Done(file, layout),
            other => other,
        };
    }
}

/// Memory for a compositor to write to, which keeps its size.
fn shared(bytes: usize) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = File::from(rustix::fs::memfd_create("usher-shield", flags)?);
    file.set_len(u64::try_from(bytes).unwrap_or(u64::MAX))?;
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file)
}

delegate_noop!(Sight: ignore WlShm);
delegate_noop!(Sight: ignore WlBuffer);
delegate_noop!(Sight: WlShmPool);
delegate_noop!(Sight: ZwlrScreencopyManagerV1);

type SightQueue = QueueHandle<Sight>;

impl Dispatch<WlRegistry, ()> for Sight {
    fn event(
        sight: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        queue: &SightQueue,
    ) {
        let wl_registry::Event::Global { name: number, interface, version } = event else { return };
        if interface == WlShm::interface().name && sight.shm.is_none() {
            sight.shm = Some(registry.bind(number, 1, queue, ()));
        } else if interface == ZwlrScreencopyManagerV1::interface().name && sight.manager.is_none() {
            // The first version says of each output how its pixels are stored, once, and of memory that both have open.
            sight.manager = Some(registry.bind(number, 1, queue, ()));
        } else if interface == WlOutput::interface().name && sight.outputs.len() < MOST_OUTPUTS {
            sight.outputs.push(PicturedOutput {
                number,
                proxy: registry.bind(number, version.min(2), queue, number),
                place: (0, 0),
                transform: Transform::Normal,
                upside_down: false,
                copy: OutputCopy::Awaited,
            });
        }
    }
}

impl Dispatch<WlCallback, ()> for Sight {
    fn event(sight: &mut Self, _: &WlCallback, _: wl_callback::Event, (): &(), _: &Connection, _: &SightQueue) {
        sight.synced = true;
    }
}

impl Dispatch<WlOutput, u32> for Sight {
    fn event(sight: &mut Self, _: &WlOutput, event: wl_output::Event, number: &u32, _: &Connection, _: &SightQueue) {
        if let (wl_output::Event::Geometry { x, y, transform, .. }, Some(output)) = (event, sight.output(*number)) {
            output.place = (x, y);
            output.transform = transform.into_result().unwrap_or(Transform::Normal);
        }
    }
}

impl Dispatch<ZwlrScreencopyFrameV1, u32> for Sight {
    fn event(
        sight: &mut Self,
        frame: &ZwlrScreencopyFrameV1,
        event: zwlr_screencopy_frame_v1::Event,
        number: &u32,
        _: &Connection,
        queue: &SightQueue,
    ) {
        match event {
            zwlr_screencopy_frame_v1::Event::Buffer { format: WEnum::Value(format), width, height, stride } => {
                sight.begin(*number, Layout { width, height, stride, format }, frame, queue);
            }
            zwlr_screencopy_frame_v1::Event::Flags { flags: WEnum::Value(flags) } => {
                if let Some(output) = sight.output(*number) {
                    output.upside_down = flags.contains(Flags::YInvert);
                }
            }
            zwlr_screencopy_frame_v1::Event::Ready { .. } => sight.ready(*number),
            zwlr_screencopy_frame_v1::Event::Buffer { .. } | zwlr_screencopy_frame_v1::Event::Failed => {
                if let Some(output) = sight.output(*number) {
                    output.copy = OutputCopy::Failed("the compositor pictures none of its outputs now");
                }
            }
            _ => {}
        }
    }
}

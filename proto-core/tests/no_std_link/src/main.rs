//! Links `bywash-proto` into a program without std, and runs it.
//!
//! Were std anywhere in the graph, its panic handler would clash with the one below and the build
//! would fail. The exit status is 0 when every check held, 1 when one did not, 101 after a panic.
//! The C library serves for `memcpy` and `_exit` alone.
#![no_std]
#![no_main]

extern crate alloc;

mod checks;
mod exchange;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

#[link(name = "c")]
unsafe extern "C" {
    fn _exit(status: i32) -> !;
}

/// Hands out memory from one array and never takes it back: enough for a program that ends at once.
struct Arena {
    bytes: UnsafeCell<[u8; Arena::SIZE]>,
    used: AtomicUsize,
}

impl Arena {
    const SIZE: usize = 16 << 20;
}

// SAFETY: `alloc` reserves disjoint ranges by an atomic counter; nothing else touches the array.
unsafe impl Sync for Arena {}

// SAFETY: every block lies inside of the array, is aligned as asked and is handed out once.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.bytes.get().cast::<u8>();
        let worst = layout.size() + layout.align();
        let start = self.used.fetch_add(worst, Ordering::Relaxed);
        if start + worst > Self::SIZE {
            return ptr::null_mut();
        }
        // SAFETY: `start + worst` is inside of the array, and aligning takes less than `align`.
        unsafe {
            let block = base.add(start);
            block.add(block.align_offset(layout.align()))
        }
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}
}

#[global_allocator]
static ARENA: Arena = Arena {
    bytes: UnsafeCell::new([0; Arena::SIZE]),
    used: AtomicUsize::new(0),
};

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    // SAFETY: `_exit` may be called at any time.
    unsafe { _exit(101) }
}

#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "and rsp, -16",
    "call {run}",
    "ud2",
    run = sym run,
);

#[cfg(target_arch = "aarch64")]
core::arch::global_asm!(
    ".globl _start",
    "_start:",
    "mov x29, xzr",
    "bl {run}",
    "brk 1",
    run = sym run,
);

extern "C" fn run() -> ! {
    let status = if checks::all() { 0 } else { 1 };
    // SAFETY: `_exit` may be called at any time.
    unsafe { _exit(status) }
}

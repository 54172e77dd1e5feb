//! A small library that the template of all zygotes loads, built by this crate's build script and handed
//! out as bytes ([`INSIDE`] in `src/lib.rs`). It does the two things that Python can't do to itself: move
//! its own memory while none of its code runs, and copy itself without touching what it copies (`serve.rs`).
//!
//! Copies of a process are cheaper when its memory is in huge pages. A copy shares a huge page of code by
//! one entry of its page table; and where it has to have an entry for each small page, the kernel counts
//! references to neighbours of one huge page together. How much that is: `docs/PERFORMANCE.md`.

#![no_std]

mod serve;

use core::ffi::{c_int, c_long, c_void};
use core::panic::PanicInfo;
use core::ptr::{copy_nonoverlapping, null_mut};

const PROT_READ: c_int = 1;
const PROT_WRITE: c_int = 2;
const MAP_PRIVATE: c_int = 0x02;
const MAP_ANONYMOUS: c_int = 0x20;
const MADV_HUGEPAGE: c_int = 14;
const MREMAP_MAYMOVE: c_int = 1;
const MREMAP_FIXED: c_int = 2;
const FAILED: *mut c_void = usize::MAX as *mut c_void;
/// Of a huge page on every processor with 4 KiB pages.
const HUGE: usize = 2 << 20;

#[link(name = "c")]
unsafe extern "C" {
    fn mmap(at: *mut c_void, length: usize, protection: c_int, flags: c_int, file: c_int, offset: c_long)
    -> *mut c_void;
    fn munmap(at: *mut c_void, length: usize) -> c_int;
    fn madvise(at: *mut c_void, length: usize, advice: c_int) -> c_int;
    fn mprotect(at: *mut c_void, length: usize, protection: c_int) -> c_int;
    fn mremap(at: *mut c_void, old: usize, new: usize, flags: c_int, to: *mut c_void) -> *mut c_void;
}

/// Memory of this process: whole pages, mapped privately, with one protection.
#[repr(C)]
pub struct Region {
    address: usize,
    length: usize,
    protection: c_int,
}

/// Puts the memory of `regions` into huge pages, side by side, at the addresses where it is. Returns how many
/// regions were moved, from the first on; the others stay what they were. Each region is whole at
/// any time, old or new, so that a kernel that refuses a step does no harm.
///
/// # Safety
/// `regions` points to `count` regions, whole pages that are mapped; the process has one thread; none of the
/// regions holds this stack or this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn coderunner_gather(regions: *const Region, count: usize) -> usize {
    // SAFETY: the caller's promise for `regions`; everything else is done in memory that is made here.
    unsafe {
        let length: usize = (0..count).map(|at| (*regions.add(at)).length).sum();
        let length = length.next_multiple_of(HUGE);
        let Some(area) = huge_area(length) else {
            return 0;
        };
        let mut next = area;
        for at in 0..count {
            let region = &*regions.add(at);
            if !move_into(next, region) {
                munmap(next, area.add(length).offset_from_unsigned(next));
                return at;
            }
            next = next.add(region.length);
        }
        count
    }
}

/// New memory that begins at a multiple of a huge page; so does its length.
///
/// # Safety
/// None needed: nothing that exists is touched.
unsafe fn huge_area(length: usize) -> Option<*mut c_void> {
    // SAFETY: the kernel chooses where; what is given back is what was taken too much.
    unsafe {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS;
        let taken = mmap(null_mut(), length + HUGE, PROT_READ | PROT_WRITE, flags, -1, 0);
        if taken == FAILED {
            return None;
        }
        let before = taken.addr().next_multiple_of(HUGE) - taken.addr();
        let area = taken.add(before);
        if before > 0 {
            munmap(taken, before);
        }
        munmap(area.add(length), HUGE - before);
        if madvise(area, length, MADV_HUGEPAGE) != 0 {
            munmap(area, length);
            return None;
        }
        Some(area)
    }
}

/// Copies one region to `next` and puts the copy in its place.
///
/// # Safety
/// See [`coderunner_gather`]; `next` is memory of that length that nobody uses.
unsafe fn move_into(next: *mut c_void, region: &Region) -> bool {
    // A copy: the region may be where it is written down.
    let Region {
        address,
        length,
        protection,
    } = *region;
    let place = address as *mut c_void;
    // SAFETY: both are mapped and don't overlap. From the copy to the exchange, nothing else runs in this
    // process, and this function writes to its stack alone.
    unsafe {
        copy_nonoverlapping(place.cast::<u8>(), next.cast::<u8>(), length);
        mprotect(next, length, protection) == 0
            && mremap(next, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, place) != FAILED
    }
}

#[panic_handler]
fn never(_: &PanicInfo<'_>) -> ! {
    loop {}
}

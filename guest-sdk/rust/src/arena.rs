//! The allocator of short-lived component instances.
//!
//! An activity's instance serves one call, and an orchestrator's often one turn: what they allocate fits a few pages.
//! `memory.grow` and the first touch of new pages cost more than all the rest of such a call. So the first allocations
//! come from a block that is part of the instance's initial memory. There, only the last allocation can be given back
//! or grow; everything else stays until the instance ends. When the block is used up, the system's allocator serves.
#![allow(unsafe_code, reason = "an allocator hands out raw memory")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, UnsafeCell},
};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ARENA: Arena<{ 64 << 10 }> = Arena::new();

// SAFETY: a component instance has one thread; the target has no others.
#[cfg(target_arch = "wasm32")]
unsafe impl<const SIZE: usize> Sync for Arena<SIZE> {}

/// A block of memory from which allocations are cut one after another.
#[repr(align(16))]
struct Arena<const SIZE: usize> {
    block: UnsafeCell<[u8; SIZE]>,
    /// How much of the block is given out; at most `SIZE`.
    used: Cell<usize>,
}

impl<const SIZE: usize> Arena<SIZE> {
    const fn new() -> Self {
        Arena { block: UnsafeCell::new([0; SIZE]), used: Cell::new(0) }
    }

    /// Where in the block a pointer points to, if it does.
    fn offset(&self, pointer: *mut u8) -> Option<usize> {
        pointer.addr().checked_sub(self.block.get().addr()).filter(|offset| *offset < SIZE)
    }

    /// Reserves so many bytes from `begin` on, if the block has them.
    fn reserve(&self, begin: usize, size: usize) -> bool {
        let end = begin.checked_add(size).filter(|end| *end <= SIZE);
        end.inspect(|end| self.used.set(*end)).is_some()
    }
}

// SAFETY: a block is handed out at most once until it is given back, because `used` moves past it. It is aligned as asked
// for, because the offset is rounded up from the address of the block. What does not fit is served by `System`, and what
// `System` served is told apart by its address.
unsafe impl<const SIZE: usize> GlobalAlloc for Arena<SIZE> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.block.get().cast::<u8>();
        let begin = (base.addr() + self.used.get()).next_multiple_of(layout.align()) - base.addr();
        // An empty rest would give a pointer behind the block, which `offset` would not know.
        if begin < SIZE && self.reserve(begin, layout.size()) {
            // SAFETY: `begin` is within the block.
            unsafe { base.add(begin) }
        } else {
            // SAFETY: the caller keeps the contract of `GlobalAlloc`.
            unsafe { System.alloc(layout) }
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match self.offset(pointer) {
            Some(begin) if begin + layout.size() == self.used.get() => self.used.set(begin),
            Some(_) => {}
            // SAFETY: it is not of this block, so `System` gave it.
            None => unsafe { System.dealloc(pointer, layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(begin) = self.offset(pointer) else {
            // SAFETY: it is not of this block, so `System` gave it.
            return unsafe { System.realloc(pointer, layout, size) };
        };
        let is_last = begin + layout.size() == self.used.get();
        if (is_last && self.reserve(begin, size)) || size <= layout.size() {
            return pointer;
        }
        // SAFETY: the size is not zero and the alignment is known to be right; both are the caller's promise. The old and
        // the new memory do not overlap, and both have as many bytes as are copied.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(pointer, layout.size());
                self.dealloc(pointer, layout);
            }
            new
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    /// Fills what it got, so that an overlap is seen.
    fn fill(pointer: *mut u8, size: usize, byte: u8) {
        // SAFETY: the test got so many bytes.
        unsafe { pointer.write_bytes(byte, size) }
    }

    fn holds(pointer: *mut u8, size: usize, byte: u8) -> bool {
        // SAFETY: the test filled so many bytes.
        unsafe { std::slice::from_raw_parts(pointer, size) }.iter().all(|b| *b == byte)
    }

    #[test]
    fn blocks_are_aligned_and_apart() {
        let arena = Arena::<1024>::new();
        let sizes = [(1, 1), (8, 8), (3, 1), (64, 16), (5, 4)];
        // SAFETY: layouts are not empty, and the arena outlives the memory.
        let blocks = sizes.map(|(size, align)| (unsafe { arena.alloc(layout(size, align)) }, size, align));
        for (byte, (pointer, size, align)) in (1..).zip(blocks) {
            assert_eq!(pointer.addr() % align, 0);
            assert!(arena.offset(pointer).is_some());
            fill(pointer, size, byte);
        }
        for (byte, (pointer, size, _)) in (1..).zip(blocks) {
            assert!(holds(pointer, size, byte));
        }
    }

    #[test]
    fn the_last_block_grows_shrinks_and_is_given_back() {
        let arena = Arena::<1024>::new();
        // SAFETY: each pointer is used with the layout that it has, and not after it was given back.
        unsafe {
            let first = arena.alloc(layout(16, 8));
            fill(first, 16, 7);
            assert_eq!(arena.realloc(first, layout(16, 8), 100), first);
            assert!(holds(first, 16, 7));
            assert_eq!(arena.used.get(), 100);
            assert_eq!(arena.realloc(first, layout(100, 8), 10), first);
            assert_eq!(arena.used.get(), 10);
            let second = arena.alloc(layout(16, 8));
            // No longer the last one: it moves to grow, and stays to shrink.
            assert_eq!(arena.realloc(first, layout(10, 8), 5), first);
            let moved = arena.realloc(first, layout(5, 8), 50);
            assert!(moved > second && holds(moved, 5, 7));
            arena.dealloc(second, layout(16, 8));
            arena.dealloc(moved, layout(50, 8));
            assert_eq!(arena.used.get(), 32);
        }
    }

    #[test]
    fn the_system_serves_what_does_not_fit() {
        let arena = Arena::<64>::new();
        // SAFETY: each pointer is used with the layout that it has, and not after it was given back.
        unsafe {
            let large = arena.alloc(layout(65, 1));
            assert_eq!((arena.offset(large), arena.used.get()), (None, 0));
            let large = arena.realloc(large, layout(65, 1), 130);
            let small = arena.alloc(layout(60, 1));
            fill(small, 60, 9);
            let grown = arena.realloc(small, layout(60, 1), 80);
            assert!(arena.offset(grown).is_none() && holds(grown, 60, 9));
            assert_eq!(arena.used.get(), 0);
            let all = arena.alloc(layout(64, 1));
            assert!(arena.offset(all).is_some());
            assert!(arena.offset(all.wrapping_add(64)).is_none());
            let next = arena.alloc(layout(1, 1));
            assert_eq!(arena.offset(next), None);
            for (pointer, size) in [(large, 130), (grown, 80), (all, 64), (next, 1)] {
                arena.dealloc(pointer, layout(size, 1));
            }
            assert_eq!(arena.used.get(), 0);
        }
    }
}

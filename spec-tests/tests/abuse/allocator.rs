//! Counts what a piece of code allocates: exactly, per thread, for the account that is open.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What was allocated and not freed, and how it came to that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// Octets allocated and not freed.
    pub(crate) balance: i64,
    /// The most that `balance` ever was, also in the middle of a call.
    pub(crate) peak: i64,
    /// Allocations and growths.
    pub(crate) allocations: u64,
}

thread_local! {
    // Neither needs a destructor, so both can be used while a thread ends.
    static OPEN: Cell<bool> = const { Cell::new(false) };
    static CURRENT: Cell<Account> = const {
        Cell::new(Account { balance: 0, peak: 0, allocations: 0 })
    };
}

/// Runs `work`, and books on `account` all that it allocates and frees.
pub(crate) fn booked<T>(account: &mut Account, work: impl FnOnce() -> T) -> T {
    CURRENT.set(*account);
    let nested = OPEN.replace(true);
    assert!(!nested, "accounts do not nest");
    let result = work();
    OPEN.set(false);
    *account = CURRENT.get();
    result
}

fn book(octets: i64, allocations: u64) {
    if OPEN.get() {
        let mut account = CURRENT.get();
        account.balance += octets;
        account.peak = account.peak.max(account.balance);
        account.allocations += allocations;
        CURRENT.set(account);
    }
}

/// The system's allocator with a look at every call.
struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; booking touches thread-local cells only and does not
// allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        book(layout.size() as i64, 1);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        book(layout.size() as i64, 1);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        book(-(layout.size() as i64), 0);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        book(new_size as i64 - layout.size() as i64, 1);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn books_exactly_what_is_held() {
    let mut account = Account::default();
    let held = booked(&mut account, || {
        drop(vec![0_u8; 1000]);
        Vec::<u64>::with_capacity(10)
    });
    assert_eq!(
        (account.balance, account.peak, account.allocations),
        (80, 1000, 2)
    );
    drop(vec![0_u8; 50]);
    booked(&mut account, move || drop(held));
    assert_eq!(account.balance, 0);
}

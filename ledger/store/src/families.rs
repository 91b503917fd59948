//! How RocksDB keeps each table, and how one budget of memory is shared among them.

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompactionStyle, DBCompressionType,
    DBRecoveryMode, LruCacheOptions, Options, SliceTransform, WriteBufferManager,
};
use suyuan_ledger::kv::Table;

/// Bits a key in a bloom filter: about 1 in 100 absent keys costs a read.
const BLOOM_BITS: f64 = 10.0;
/// The share of a write buffer that is a filter of its keys: 16 bits a key of some 100 bytes with its value.
const BUFFER_FILTER_SHARE: f64 = 0.02;
/// What is appended and read in order, or large: fewer, larger blocks compress better.
const BLOCK_BYTES_LARGE: usize = 16 * 1024;
/// What is read key by key: less to read and to decompress for one key.
const BLOCK_BYTES_SMALL: usize = 4 * 1024;
/// Parts of filters and indexes of tables whose keys are hashes: a block asks for some hundred keys that fall anywhere,
/// so that in small parts each would look for one of its own.
const PART_BYTES_HASHED: usize = 128 * 1024;
/// Between so many pairs a block can be entered; from there on it is read pair by pair. What is read key by key has
/// values beside which a key that is written whole is little.
const RESTART_INTERVAL_SMALL: i32 = 4;
const RESTART_INTERVAL_LARGE: i32 = 16;
/// The largest write buffer of one table; a buffer is written out when all together reach their share.
const WRITE_BUFFER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The cache is cut into this power of two. RocksDB would cut a small one into 64, each too small for some
/// of what is to be in it.
const CACHE_SHARD_BITS: i32 = 2;
/// Parts of which the write buffers of all tables together are made.
const ARENA_BLOCKS: usize = 512;
/// Files of tables kept open. Each costs a descriptor and some memory outside the cache.
const OPEN_FILES_MAX: i32 = 256;
/// Threads that flush and compact.
const BACKGROUND_JOBS: i32 = 2;
/// So many files of segments are written out before they are merged: each has chunks of segments of all sizes, so that
/// merging a few means writing all of the next level anew. Few read here.
const SEGMENT_FILES: i32 = 12;
/// The same of logs and runs. Each file has changes of old ones too, so that merging writes the whole table anew; they
/// are read all the time, and each file that is not merged is one more to look in, or to ask its filter.
const CHANGED_FILES: i32 = 8;
/// As fast as Zstandard can: some percent larger than at its usual level, in a third of the time.
const ZSTD_LEVEL: i32 = 1;
/// RocksDB's word for a window as it sees fit.
const ZSTD_WINDOW_DEFAULT: i32 = -14;
/// When a reader lets go of a moment, RocksDB would write each file that nothing lies under anew, for numbers that it then
/// need not keep: all of what is appended twice, since somebody reads after every block. Seconds, as many as there are.
const NOT_WRITTEN_ANEW: &str = "bottommost_file_compaction_delay=4294967295";
/// RocksDB's own log of what it does: files kept, bytes each.
const INFO_LOG_FILES: usize = 4;
const INFO_LOG_BYTES: usize = 4 * 1024 * 1024;
/// Log id, the first part of the keys of `Table::Entry`.
pub(crate) const ENTRY_PREFIX_BYTES: usize = 8;

/// The memory that all tables share: a cache, to which the write buffers are charged.
pub(crate) struct Memory {
    cache: Cache,
    buffers: WriteBufferManager,
    buffer_bytes: usize,
}

impl Memory {
    /// Shares a budget. A quarter is left for what RocksDB does not count: open tables, compaction's
    /// buffers, the allocator's waste. Of the rest, a third may be write buffers.
    pub(crate) fn new(memory_bytes: usize) -> Memory {
        let buffer_bytes = memory_bytes / 4;
        let mut options = LruCacheOptions::default();
        options.set_capacity(memory_bytes - memory_bytes / 4);
        options.set_num_shard_bits(CACHE_SHARD_BITS);
        let cache = Cache::new_lru_cache_opts(&options);
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(buffer_bytes, false, cache.clone());
        Memory { cache, buffers, buffer_bytes }
    }
}

/// The options of the database as a whole.
pub(crate) fn database_options(memory: &Memory, create: bool, accept_torn_log: bool, direct: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    // An older directory lacks what came since.
    options.create_missing_column_families(true);
    options.set_paranoid_checks(true);
    options.set_write_buffer_manager(&memory.buffers);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    // The log is kept until every table has written out what is in it; this bounds it, and so a restart.
    options.set_max_total_wal_size(2 * memory.buffer_bytes as u64);
    // Only a last, torn record is passed over. Point-in-time recovery (RocksDB's default) would drop whatever
    // follows a rotten record, though it was acknowledged, and not say so. (A last record of which the length
    // itself is rotten looks torn; that it was acknowledged says the note beside the database.)
    options.set_wal_recovery_mode(match accept_torn_log {
        true => DBRecoveryMode::PointInTime,
        false => DBRecoveryMode::TolerateCorruptedTailRecords,
    });
    // Where files are written through the kernel's cache, see below.
    options.set_bytes_per_sync(1024 * 1024);
    // Written, not read: what is read often is in the store's own cache, and in the kernel's once it was read. To copy what is flushed into the kernel's as well took up to a sixth of two
    // processors while large bodies were written, most of that for pages that a virtual machine had to be given first.
    options.set_use_direct_io_for_flush_and_compaction(direct);
    options.set_keep_log_file_num(INFO_LOG_FILES);
    options.set_max_log_file_size(INFO_LOG_BYTES);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// The tables' families, and the one without which RocksDB does not open, which stays empty.
pub(crate) fn descriptors(memory: &Memory) -> Result<Vec<ColumnFamilyDescriptor>, rocksdb::Error> {
    let unused = (rocksdb::DEFAULT_COLUMN_FAMILY_NAME, Table::Meta);
    let tables = Table::ALL.iter().map(|table| (table.name(), *table));
    let families = std::iter::once(unused).chain(tables);
    families.map(|(name, table)| Ok(ColumnFamilyDescriptor::new(name, family_options(memory, table)?))).collect()
}

/// How the keys of a table are looked for.
enum Lookup {
    /// By keys that may be absent, or by number: a filter of keys.
    Key,
    /// By keys that are there, appended in order: a filter would only cost memory.
    Present,
    /// By what a key begins with: a filter of beginnings.
    Prefix,
}

struct Shape {
    lookup: Lookup,
    compression: DBCompressionType,
    block_bytes: usize,
    compaction: DBCompactionStyle,
}

fn shape(table: Table) -> Shape {
    use DBCompressionType::{Lz4, None, Zstd};
    // Keys that are hashes fall anywhere: levels would write each of them anew a dozen times, since every file of a
    // level overlaps all of the next. Runs of growing size are merged half as often, and filters rule out most of them.
    let compaction = match table {
        Table::Name | Table::Event | Table::Submission => DBCompactionStyle::Universal,
        _ => DBCompactionStyle::Level,
    };
    let (lookup, compression, block_bytes) = match table {
        // Text, appended in order. Compressed alike on every level, so that files sink without being rewritten.
        Table::Block | Table::Payload | Table::Record => (Lookup::Present, Zstd, BLOCK_BYTES_LARGE),
        Table::Key => (Lookup::Present, Lz4, BLOCK_BYTES_LARGE),
        Table::Entry => (Lookup::Prefix, Lz4, BLOCK_BYTES_SMALL),
        // Hashes don't compress.
        Table::Page | Table::Segment => (Lookup::Key, None, BLOCK_BYTES_LARGE),
        Table::Name | Table::Event | Table::Submission => (Lookup::Key, None, BLOCK_BYTES_SMALL),
        Table::Run | Table::Log | Table::Row | Table::RowName | Table::Meta | Table::Reading => {
            (Lookup::Key, Lz4, BLOCK_BYTES_SMALL)
        }
    };
    Shape { lookup, compression, block_bytes, compaction }
}

pub(crate) fn family_options(memory: &Memory, table: Table) -> Result<Options, rocksdb::Error> {
    let shape = shape(table);
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&memory.cache);
    blocks.set_block_size(shape.block_bytes);
    blocks.set_block_restart_interval(match shape.block_bytes {
        BLOCK_BYTES_SMALL => RESTART_INTERVAL_SMALL,
        _ => RESTART_INTERVAL_LARGE,
    });
    // In the cache, so that they are within the budget.
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_cache_index_and_filter_blocks_with_high_priority(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    // In parts: whole, the filter of a full file has over a megabyte, and a cache that holds less than all
    // filters reads one anew for each key (measured: 70 µs of processor instead of 7; where all fits, parts
    // cost 0.6 µs a key).
    blocks.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    blocks.set_partition_filters(true);
    blocks.set_metadata_block_size(match shape.compaction {
        DBCompactionStyle::Universal => PART_BYTES_HASHED,
        _ => BLOCK_BYTES_SMALL,
    });
    blocks.set_pin_top_level_index_and_filter(true);
    let mut options = match table {
        // What was read out of a body that is erased must not stay.
        Table::Reading => Options::default(),
        _ => Options::default().get_options_from_string(NOT_WRITTEN_ANEW)?,
    };
    match shape.lookup {
        Lookup::Key => {
            blocks.set_bloom_filter(BLOOM_BITS, false);
            // Measured: a key that is absent costs 0.7 µs instead of 2.8 while write buffers are full, one that
            // is present a third less; writing costs no more.
            options.set_memtable_whole_key_filtering(true);
            options.set_memtable_prefix_bloom_ratio(BUFFER_FILTER_SHARE);
        }
        Lookup::Present => {}
        Lookup::Prefix => {
            blocks.set_bloom_filter(BLOOM_BITS, false);
            blocks.set_whole_key_filtering(false);
            options.set_prefix_extractor(SliceTransform::create_fixed_prefix(ENTRY_PREFIX_BYTES));
        }
    }
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(shape.compression);
    if shape.compression == DBCompressionType::Zstd {
        options.set_compression_options(ZSTD_WINDOW_DEFAULT, ZSTD_LEVEL, 0, 0);
    }
    options.set_compaction_style(shape.compaction);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES_MAX.min(memory.buffer_bytes / 2));
    // A write buffer grows by this. Small parts, since each of the tables that a block touches has one begun.
    options.set_arena_block_size(memory.buffer_bytes / ARENA_BLOCKS);
    options.set_level_compaction_dynamic_level_bytes(true);
    let files = match table {
        Table::Segment => Some(SEGMENT_FILES),
        Table::Log | Table::Run => Some(CHANGED_FILES),
        _ => None,
    };
    if let Some(files) = files {
        options.set_level_zero_file_num_compaction_trigger(files);
        options.set_level_zero_slowdown_writes_trigger(3 * files);
        options.set_level_zero_stop_writes_trigger(4 * files);
    }
    Ok(options)
}

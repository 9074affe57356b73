package org.vhostdevice.fs.passthrough;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Objects by numbers that the guest keeps. A number is a place and how often the place was used before, so that an old
/// number never means a new object. Any thread; finding takes no lock.
final class SlotTable<T extends Counted> {
    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int MAX_CHUNKS = 1 << 14;
    private static final long PLACE = 0xffff_ffffL;

    private final int most;
    private final AtomicReferenceArray<@Nullable Chunk<T>> chunks = new AtomicReferenceArray<>(MAX_CHUNKS);

    // Guarded by this.
    private int[] vacant = new int[CHUNK];
    private int vacancies;
    private int places;
    private int size;

    private static final class Chunk<T> {
        final AtomicReferenceArray<@Nullable T> entries = new AtomicReferenceArray<>(CHUNK);
        final int[] uses = new int[CHUNK];
    }

    /// A table with room for as many objects as their numbers can tell.
    SlotTable() {
        this(MAX_CHUNKS * CHUNK);
    }

    /// @param most objects at the same time
    SlotTable(int most) {
        this.most = Math.min(most, MAX_CHUNKS * CHUNK);
    }

    /// Puts an object in, and gives it its number: 1 for the first.
    ///
    /// @return false if the table is full
    synchronized boolean add(T object) {
        if (size == most) {
            return false;
        }
        int place;
        if (vacancies > 0) {
            vacancies--;
            place = vacant[vacancies];
        } else {
            place = places;
            places++;
        }
        Chunk<T> chunk = chunks.get(place >> CHUNK_BITS);
        if (chunk == null) {
            chunk = new Chunk<>();
            chunks.set(place >> CHUNK_BITS, chunk);
        }
        object.id(((long) chunk.uses[place & (CHUNK - 1)] << Integer.SIZE) | (place + 1));
        chunk.entries.set(place & (CHUNK - 1), object);
        size++;
        return true;
    }

    /// Finds an object and begins to use it.
    ///
    /// @return null if there is none with the number
    @Nullable
    T use(long id) {
        T object = find(id);
        return object != null && object.tryUse() ? object : null;
    }

    /// Finds an object, without a use of it.
    @Nullable
    T find(long id) {
        long place = (id & PLACE) - 1;
        if (place < 0 || place >= (long) MAX_CHUNKS * CHUNK) {
            return null;
        }
        Chunk<T> chunk = chunks.get((int) place >> CHUNK_BITS);
        T object = chunk == null ? null : chunk.entries.get((int) place & (CHUNK - 1));
        return object != null && object.id() == id ? object : null;
    }

    /// Takes an object out and ends the table's use of it.
    ///
    /// @return whether it was in
    boolean remove(T object) {
        synchronized (this) {
            int place = (int) ((object.id() & PLACE) - 1);
            Chunk<T> chunk = chunks.get(place >> CHUNK_BITS);
            if (chunk == null || !chunk.entries.compareAndSet(place & (CHUNK - 1), object, null)) {
                return false;
            }
            chunk.uses[place & (CHUNK - 1)]++;
            if (vacancies == vacant.length) {
                vacant = Arrays.copyOf(vacant, vacancies * 2);
            }
            vacant[vacancies] = place;
            vacancies++;
            size--;
        }
        object.close();
        return true;
    }

    /// Takes all objects out.
    void clear() {
        forEach(object -> {
            boolean _ = remove(object);
        });
    }

    /// Shows all objects. Those that come or go meanwhile may be left out.
    void forEach(Consumer<T> visitor) {
        int count = places();
        for (int place = 0; place < count; place++) {
            Chunk<T> chunk = chunks.get(place >> CHUNK_BITS);
            T object = chunk == null ? null : chunk.entries.get(place & (CHUNK - 1));
            if (object != null) {
                visitor.accept(object);
            }
        }
    }

    /// How many places were ever used at once.
    synchronized int places() {
        return places;
    }

    /// How many objects there are.
    synchronized int size() {
        return size;
    }

    /// The object at a place.
    @Nullable
    T at(int place) {
        Chunk<T> chunk = chunks.get(place >> CHUNK_BITS);
        return chunk == null ? null : chunk.entries.get(place & (CHUNK - 1));
    }
}

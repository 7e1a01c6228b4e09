package dev.lqmf.factory.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EventBusTest {
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<RuntimeException> failures = new CopyOnWriteArrayList<>();

  @Test
  void everybodyHearsEverythingInOrder() {
    List<Integer> first = new CopyOnWriteArrayList<>();
    List<Integer> second = new CopyOnWriteArrayList<>();
    List<Integer> own = new CopyOnWriteArrayList<>();
    EventBus<Integer> events =
        new EventBus<Integer>(own::add, failures::add).subscribe(first::add).subscribe(second::add);

    IntStream.range(0, 1000).forEach(events::publish);
    assertThat(own).hasSize(1000);
    events.flush();

    List<Integer> all = IntStream.range(0, 1000).boxed().toList();
    assertThat(first).isEqualTo(all);
    assertThat(second).isEqualTo(all);
    assertThat(failures).isEmpty();
  }

  @Test
  void aSlowSubscriberDelaysNobody() throws InterruptedException {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch quick = new CountDownLatch(2);
    EventBus<Integer> events =
        new EventBus<Integer>(_ -> {}, failures::add)
            .subscribe(
                e -> {
                  try {
                    released.await();
                  } catch (InterruptedException stopped) {
                    throw new IllegalStateException(stopped);
                  }
                  heard.add("slow " + e);
                })
            .subscribe(_ -> quick.countDown());

    events.publish(1);
    events.publish(2);
    quick.await(); // would hang if the slow one were in the way

    assertThat(heard).isEmpty();
    released.countDown();
    events.flush();
    assertThat(heard).containsExactly("slow 1", "slow 2");
  }

  @Test
  void subscribersAreToldOnVirtualThreads() {
    EventBus<Integer> events =
        new EventBus<Integer>(_ -> {}, failures::add)
            .subscribe(_ -> heard.add(Boolean.toString(Thread.currentThread().isVirtual())));

    events.publish(1);
    events.flush();

    assertThat(heard).containsExactly("true");
  }

  @Test
  void aSubscriberThatFailsIsToldNoMoreAndTheOthersAre() {
    RuntimeException failure = new IllegalStateException("disk full");
    EventBus<Integer> events =
        new EventBus<Integer>(_ -> {}, failures::add)
            .subscribe(
                _ -> {
                  throw failure;
                })
            .subscribe(e -> heard.add("good " + e));

    events.publish(1);
    events.publish(2);
    events.flush();

    assertThat(heard).containsExactly("good 1", "good 2");
    assertThat(failures).containsExactly(failure);
  }

  @Test
  void theCallersListenerMayEndTheSourceAndTheOthersStillHear() {
    EventBus<Integer> events =
        new EventBus<Integer>(
                _ -> {
                  throw new IllegalStateException("stop");
                },
                failures::add)
            .subscribe(e -> heard.add("subscriber " + e));

    assertThatThrownBy(() -> events.publish(1)).hasMessage("stop");
    events.flush();

    assertThat(heard).containsExactly("subscriber 1");
    assertThat(failures).isEmpty();
  }
}

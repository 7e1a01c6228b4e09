package dev.lqmf.factory.memory;

import dev.lqmf.factory.memory.Experiment.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * A database of experiments: each one's document, and beside it the columns that are searched.
 *
 * <p>Opening it costs some tenths of a second, which is too much for a program that quantizes a
 * small model in one. So a run leaves its experiments in a {@link JsonStore} beside the database,
 * from where whoever opens the database next takes them over.
 */
public final class SqliteStore implements ExperimentStore {
  private static final String FILE = "experiments.db";
  private static final String INCOMING = "incoming";
  private static final int BUSY_MILLIS = 20_000;

  /** As the last of the migrations sets it. */
  private static final int SCHEMA_VERSION = 1;

  private final Path directory;
  private final JsonStore incoming;
  private final Connection connection;
  private final Jdbi jdbi;

  private SqliteStore(Path directory, Connection connection) {
    this.directory = directory;
    this.incoming = incoming(directory);
    this.connection = connection;
    this.jdbi = Jdbi.create(connection);
  }

  /** Where a run leaves its experiments without opening the database. */
  public static JsonStore incoming(Path directory) {
    return new JsonStore(directory.resolve(INCOMING));
  }

  /**
   * Opens the database, made or brought up to date if need be, and takes over what runs have left.
   *
   * @param directory made if need be
   * @throws IOException if the database cannot be opened; names it
   */
  public static SqliteStore open(Path directory) throws IOException {
    // One at a time: SQLite has no lock for Flyway, nor for the files.
    try (StoreLock _ = StoreLock.acquire(directory)) {
      Path file = directory.resolve(FILE);
      SQLiteDataSource source = source(file);
      Connection connection = source.getConnection();
      try {
        SqliteStore store = new SqliteStore(directory, connection);
        store.migrate(source);
        store.takeOver();
        return store;
      } catch (IOException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException | FlywayException | JdbiException e) {
      throw failure(directory, e);
    }
  }

  private static SQLiteDataSource source(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    // With a write-ahead log this never damages the database.
    config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
    config.setBusyTimeout(BUSY_MILLIS);
    // Whoever reads in order to write must have the right to write from the beginning.
    config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  /** Flyway needs a third of a second to find that nothing is to be done, so it is not asked. */
  private void migrate(SQLiteDataSource source) {
    int version =
        jdbi.withHandle(h -> h.createQuery("PRAGMA user_version").mapTo(Integer.class).one());
    if (version < SCHEMA_VERSION) {
      Flyway.configure(SqliteStore.class.getClassLoader())
          .loggers("slf4j")
          .dataSource(source)
          .locations("classpath:dev/lqmf/factory/memory/migration")
          .load()
          .migrate();
    }
  }

  private void takeOver() throws IOException {
    List<Experiment> left = incoming.list(Query.ALL).stream().map(Experiment::asOfNow).toList();
    if (left.isEmpty()) {
      return;
    }
    jdbi.useTransaction(handle -> left.forEach(e -> put(handle, e)));
    for (Experiment experiment : left) {
      // A running one will be written once more.
      if (experiment.status() != Status.RUNNING) {
        incoming.delete(experiment.id());
      }
    }
  }

  private static void put(Handle handle, Experiment experiment) {
    String document = ExperimentJson.write(experiment);
    handle
        .createUpdate(
            """
            INSERT INTO experiment (id, status, model, method, type, recipe_hash, started, document)
            VALUES (:id, :status, :model, :method, :type, :recipeHash, :started, :document)
            ON CONFLICT (id) DO UPDATE SET
              status = excluded.status, model = excluded.model, method = excluded.method,
              type = excluded.type, recipe_hash = excluded.recipe_hash,
              started = excluded.started, document = excluded.document
            """)
        .bind("id", experiment.id())
        .bind("status", experiment.status().name())
        .bind("model", lower(experiment.task().model()))
        .bind("method", lower(experiment.task().method()))
        .bind("type", lower(experiment.task().type()))
        .bind("recipeHash", experiment.task().recipeHash().orElse(null))
        .bind("started", experiment.started().toEpochMilli())
        .bind("document", document)
        .execute();
  }

  @Override
  public synchronized void put(Experiment experiment) throws IOException {
    try {
      jdbi.useTransaction(handle -> put(handle, experiment));
    } catch (JdbiException e) {
      throw failure(directory, e);
    }
  }

  @Override
  public synchronized Optional<Experiment> find(String id) throws IOException {
    try {
      return jdbi.withHandle(handle -> find(handle, id));
    } catch (JdbiException e) {
      throw failure(directory, e);
    }
  }

  private Optional<Experiment> find(Handle handle, String id) {
    return handle
        .createQuery("SELECT document FROM experiment WHERE id = :id")
        .bind("id", id)
        .mapTo(String.class)
        .findOne()
        .map(this::read);
  }

  @Override
  public synchronized List<Experiment> list(Query query) throws IOException {
    List<String> conditions = new ArrayList<>(List.of("1 = 1"));
    Map<String, String> values = new HashMap<>();
    query
        .status()
        .ifPresent(s -> condition("status = :status", "status", s.name(), conditions, values));
    query
        .model()
        .ifPresent(
            m -> condition("instr(model, :model) > 0", "model", lower(m), conditions, values));
    query
        .method()
        .ifPresent(m -> condition("method = :method", "method", lower(m), conditions, values));
    query.type().ifPresent(t -> condition("type = :type", "type", lower(t), conditions, values));
    String sql =
        "SELECT document FROM experiment WHERE "
            + String.join(" AND ", conditions)
            + " ORDER BY started DESC, id DESC";
    try {
      return jdbi
          .withHandle(handle -> handle.createQuery(sql).bindMap(values).mapTo(String.class).list())
          .stream()
          .map(this::read)
          .filter(query::matches)
          .toList();
    } catch (JdbiException e) {
      throw failure(directory, e);
    }
  }

  private static void condition(
      String sql, String name, String value, List<String> conditions, Map<String, String> values) {
    conditions.add(sql);
    values.put(name, value);
  }

  @Override
  public synchronized Optional<Experiment> update(String id, UnaryOperator<Experiment> change)
      throws IOException {
    try {
      return jdbi.inTransaction(
          handle -> {
            Optional<Experiment> changed = find(handle, id).map(change);
            changed.ifPresent(e -> put(handle, e));
            return changed;
          });
    } catch (JdbiException e) {
      throw failure(directory, e);
    }
  }

  @Override
  public synchronized boolean delete(String id) throws IOException {
    try {
      incoming.delete(id);
      return jdbi.inTransaction(handle -> handle.execute("DELETE FROM experiment WHERE id = ?", id))
          > 0;
    } catch (JdbiException e) {
      throw failure(directory, e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw failure(directory, e);
    }
  }

  private Experiment read(String document) {
    return ExperimentJson.read(document, "an entry of " + directory.resolve(FILE));
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static IOException failure(Path directory, Exception cause) {
    return new IOException(
        "cannot use the database " + directory.resolve(FILE) + ": " + cause.getMessage(), cause);
  }
}

package conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;

import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;

/**
 * One life of the connector. Its records are kept as the lines that the plugin writes with format=record: the
 * converter's bytes of key and value, untouched, between the names of the members.
 */
final class Run implements DebeziumEngine.ChangeConsumer<ChangeEvent<SourceRecord, SourceRecord>> {

    static final class Failed extends Exception {
        final transient ArrayNode records;

        Failed(String message, ArrayNode records) {
            super(message);
            this.records = records;
        }
    }

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    private final JsonConverter keys = new JsonConverter();
    private final JsonConverter values = new JsonConverter();
    private final SimpleHeaderConverter headers = new SimpleHeaderConverter();
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final DebeziumEngine<?> engine;
    private final Path offsets;
    private ArrayNode records = Conformance.JSON.createArrayNode();
    private String marker = "";
    private String failure;
    private boolean ended;

    Run(JsonNode command) throws IOException {
        Map<String, String> converter = new HashMap<>();
        command.get("converter").fields().forEachRemaining(e -> converter.put(e.getKey(), e.getValue().asText()));
        keys.configure(converter, true);
        values.configure(converter, false);
        headers.configure(Map.of());

        offsets = Files.createTempFile("conformance", ".offsets");
        Properties config = new Properties();
        config.setProperty("name", "conformance");
        config.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        config.setProperty("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
        config.setProperty("offset.storage.file.filename", offsets.toString());
        config.setProperty("offset.flush.interval.ms", "0");
        command.get("connector").fields().forEachRemaining(e -> config.setProperty(e.getKey(), e.getValue().asText()));
        engine = DebeziumEngine.create(Connect.class).using(config).notifying(this).using(this::completed).build();
        thread.execute(engine);
    }

    private synchronized void completed(boolean success, String message, Throwable error) {
        if (!success && failure == null) {
            failure = causes(message, error);
        }
        ended = true;
        notifyAll();
    }

    @Override
    public void handleBatch(List<ChangeEvent<SourceRecord, SourceRecord>> batch,
                            DebeziumEngine.RecordCommitter<ChangeEvent<SourceRecord, SourceRecord>> committer)
            throws InterruptedException {
        for (ChangeEvent<SourceRecord, SourceRecord> event : batch) {
            take(event.value());
            committer.markProcessed(event);
        }
        committer.markBatchFinished();
    }

    private synchronized void take(SourceRecord record) {
        try {
            records.add(line(record));
            String content = markerOf(record);
            if (content != null) {
                marker = content;
            }
        }
        catch (Exception e) {
            failure = causes("converter", e);
        }
        notifyAll();
    }

    /** The content of a marker, null for other records. */
    private static String markerOf(SourceRecord record) {
        if (!(record.value() instanceof Struct value) || value.schema().field("message") == null) {
            return null;
        }
        Object message = value.get("message");
        if (!(message instanceof Struct m) || m.schema().field("prefix") == null || !"conformance.end".equals(m.getString("prefix"))) {
            return null;
        }
        // by binary.handling.mode the content is bytes or an encoded text
        Object content = m.get("content");
        if (content instanceof String s) {
            return decoded(s);
        }
        if (content instanceof java.nio.ByteBuffer b) {
            return StandardCharsets.UTF_8.decode(b.duplicate()).toString();
        }
        return new String((byte[]) content, StandardCharsets.UTF_8);
    }

    /** Base64 of a marker always ends in "=" or has letters; its hexadecimal digits begin with 6d ("m"). */
    private static String decoded(String s) {
        if (s.startsWith("6d")) {
            return new String(java.util.HexFormat.of().parseHex(s), StandardCharsets.UTF_8);
        }
        return new String(java.util.Base64.getUrlDecoder().decode(s), StandardCharsets.UTF_8);
    }

    synchronized ArrayNode await(String wanted) throws InterruptedException, Failed {
        long end = System.nanoTime() + PATIENCE;
        while (!marker.equals(wanted) && failure == null && !ended) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                failure = "the marker did not come";
                break;
            }
            wait(left);
        }
        ArrayNode result = flush();
        if (failure != null || ended) {
            throw new Failed(failure == null ? "the connector ended" : failure, result);
        }
        return result;
    }

    private synchronized ArrayNode flush() {
        ArrayNode result = records;
        records = Conformance.JSON.createArrayNode();
        return result;
    }

    ArrayNode stop() throws IOException, InterruptedException {
        try {
            engine.close();
        }
        catch (IllegalStateException e) {
            // it has ended by itself
        }
        thread.shutdown();
        thread.awaitTermination(30, TimeUnit.SECONDS);
        Files.deleteIfExists(offsets);
        return flush();
    }

    /** A record as a line of format=record. */
    private String line(SourceRecord r) throws IOException {
        StringBuilder sb = new StringBuilder("{\"topic\":").append(quoted(r.topic()));
        sb.append(",\"key\":").append(text(keys.fromConnectData(r.topic(), r.keySchema(), r.key())));
        sb.append(",\"value\":").append(text(values.fromConnectData(r.topic(), r.valueSchema(), r.value())));
        sb.append(",\"headers\":{");
        String separator = "";
        for (Header h : r.headers()) {
            String s = text(headers.fromConnectHeader(r.topic(), h.key(), h.schema(), h.value()));
            boolean struct = h.schema() != null && h.schema().type() == Schema.Type.STRUCT && isJson(s);
            sb.append(separator).append(quoted(h.key())).append(':').append(struct || s.equals("null") ? s : quoted(s));
            separator = ",";
        }
        return sb.append("}}").toString();
    }

    /** The header converter's text of a struct looks like JSON, and is not with NaN, dates or line feeds in it. */
    private static boolean isJson(String s) {
        try {
            Conformance.JSON.readTree(s);
            return true;
        }
        catch (IOException e) {
            return false;
        }
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }

    private static String quoted(String s) throws IOException {
        return Conformance.JSON.writeValueAsString(s);
    }

    static String causes(String message, Throwable error) {
        StringBuilder sb = new StringBuilder(message == null ? "" : message);
        for (Throwable t = error; t != null; t = t.getCause()) {
            sb.append(sb.length() == 0 ? "" : " | ").append(t);
        }
        return sb.toString();
    }
}

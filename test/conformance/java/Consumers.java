package conformance;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.debezium.transforms.ExtractNewRecordState;
import io.debezium.transforms.outbox.EventRouter;

/**
 * What reads the records, knowing nothing of us: Kafka Connect's converter, as every sink has it, then Debezium's own
 * transforms. The records come with schemas; "key" and "value" are texts.
 */
final class Consumers {

    private Consumers() {
    }

    /**
     * Reads the records of "records"; answers how many were "converted" and "unwrapped", and in "wrong" what was
     * wrong. With "outbox": true it answers the "routed" records instead.
     */
    static void read(JsonNode command, ObjectNode answer) throws Exception {
        JsonConverter keys = new JsonConverter();
        JsonConverter values = new JsonConverter();
        // a null stays one, so that the same comes out that went in
        Map<String, String> config = new HashMap<>(Map.of("schemas.enable", "true", "replace.null.with.default", "false"));
        if (command.has("decimal.format")) {
            config.put("decimal.format", command.get("decimal.format").asText());
        }
        keys.configure(config, true);
        values.configure(config, false);
        ArrayNode wrong = answer.putArray("wrong");
        if (command.path("outbox").asBoolean()) {
            route(command.get("records"), keys, values, answer.putArray("routed"));
            return;
        }
        int converted = 0;
        int unwrapped = 0;
        try (Transformation<SinkRecord> transform = new ExtractNewRecordState<>()) {
            transform.configure(Map.of("delete.tombstone.handling.mode", "rewrite", "add.fields", "op,table,lsn,source.ts_ms"));
            int number = 0;
            for (JsonNode r : command.get("records")) {
                number++;
                try {
                    SinkRecord record = record(r, keys, values);
                    converted++;
                    String back = text(values.fromConnectData(record.topic(), record.valueSchema(), record.value()));
                    if (!r.get("value").isNull() && !Objects.equals(finite(back), finite(r.get("value").asText()))) {
                        wrong.add("record " + number + " read and written again is another: " + back);
                    }
                    SinkRecord out = transform.apply(record);
                    if (isEnvelope(record)) {
                        check(record, out);
                        unwrapped++;
                    }
                }
                catch (Exception e) {
                    wrong.add("record " + number + ": " + Run.causes(null, e));
                }
            }
        }
        answer.put("converted", converted);
        answer.put("unwrapped", unwrapped);
    }

    /** The router stands behind a source: it takes records that have no partition yet. */
    private static void route(JsonNode records, JsonConverter keys, JsonConverter values, ArrayNode routed) throws Exception {
        try (Transformation<SourceRecord> router = new EventRouter<>()) {
            router.configure(Map.of());
            for (JsonNode r : records) {
                SinkRecord in = record(r, keys, values);
                SourceRecord out = router.apply(new SourceRecord(Map.of(), Map.of(), in.topic(), in.keySchema(), in.key(), in.valueSchema(), in.value()));
                if (out != null) {
                    routed.add(out.topic() + " " + out.key() + " " + out.value());
                }
            }
        }
    }

    private static SinkRecord record(JsonNode r, JsonConverter keys, JsonConverter values) {
        String topic = r.get("topic").asText();
        SchemaAndValue key = keys.toConnectData(topic, bytes(r.get("key")));
        SchemaAndValue value = values.toConnectData(topic, bytes(r.get("value")));
        for (SchemaAndValue v : List.of(key, value)) {
            if (v.schema() != null) {
                ConnectSchema.validateValue(v.schema(), v.value());
            }
        }
        SinkRecord record = new SinkRecord(topic, 0, key.schema(), key.value(), value.schema(), value.value(), 0);
        SimpleHeaderConverter converter = new SimpleHeaderConverter();
        converter.configure(Map.of());
        r.get("headers").fields().forEachRemaining(h -> {
            String text = h.getValue().isTextual() ? h.getValue().asText() : h.getValue().toString();
            SchemaAndValue v = converter.toConnectHeader(topic, h.getKey(), text.getBytes(StandardCharsets.UTF_8));
            record.headers().add(h.getKey(), v);
        });
        return record;
    }

    private static boolean isEnvelope(SinkRecord record) {
        return record.value() instanceof Struct s && s.schema().field("after") != null && s.schema().field("op") != null
                && !"t".equals(s.getString("op"));
    }

    /** The flat record has the columns of the row that it stands for. */
    private static void check(SinkRecord record, SinkRecord out) {
        Struct envelope = (Struct) record.value();
        Struct row = envelope.getStruct(envelope.get("after") == null ? "before" : "after");
        if (row == null) {
            return; // a delete of a table without identity
        }
        if (!(out.value() instanceof Struct flat)) {
            throw new IllegalStateException("unwrapped to " + out.value());
        }
        for (org.apache.kafka.connect.data.Field field : row.schema().fields()) {
            if (!Objects.deepEquals(flat.get(field.name()), row.get(field))) {
                throw new IllegalStateException("unwrapped column " + field.name() + ": " + flat.get(field.name()) + ", not " + row.get(field));
            }
        }
        String deleted = "d".equals(envelope.getString("op")) ? "true" : "false";
        if (!deleted.equals(flat.get("__deleted")) || !envelope.getString("op").equals(flat.get("__op"))) {
            throw new IllegalStateException("unwrapped to " + flat);
        }
    }

    /** Kafka's converter writes floats that are not finite as strings, and reads those, like -0.0, as 0.0. */
    private static String finite(String json) {
        return json == null ? null : json.replaceAll("\"NaN\"|\"-?Infinity\"|-0\\.0(?=[,}\\]])", "0.0");
    }

    private static byte[] bytes(JsonNode text) {
        return text.isNull() ? null : text.asText().getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}

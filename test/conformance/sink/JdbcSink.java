import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.debezium.connector.jdbc.JdbcSinkConnectorTask;

/**
 * Debezium's JDBC sink without a broker: one task, handed the records that Kafka Connect would hand it. It reads commands from
 * standard input, one JSON object per line, and answers each with one on standard output; harness/sink.py speaks to it.
 * <pre>
 * {"do":"write","config":{...},"records":[{"topic":T,"key":K,"value":V},...]}
 * </pre>
 * K and V are the converter's bytes as text, or null. The answer has a member "error" if the task failed, with the first message
 * that is not a wrapping of another.
 */
public final class JdbcSink {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final JsonConverter keys = new JsonConverter();
    private final JsonConverter values = new JsonConverter();

    private JdbcSink() {
        // a null stays one, whatever the column's default
        Map<String, String> config = Map.of("schemas.enable", "true", "replace.null.with.default", "false");
        keys.configure(config, true);
        values.configure(config, false);
    }

    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.setOut(System.err); // what libraries print
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        JdbcSink sink = new JdbcSink();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            ObjectNode answer = JSON.createObjectNode();
            try {
                JsonNode command = JSON.readTree(line);
                sink.write(command);
            }
            catch (Throwable e) {
                answer.put("error", rootMessage(e));
            }
            out.println(JSON.writeValueAsString(answer));
            out.flush();
        }
        System.exit(0);
    }

    private void write(JsonNode command) {
        List<SinkRecord> records = new ArrayList<>();
        Map<String, Long> offsets = new HashMap<>();
        for (JsonNode r : command.get("records")) {
            records.add(record(r, offsets.merge(r.get("topic").asText(), 1L, Long::sum)));
        }
        Map<String, String> config = new HashMap<>();
        command.get("config").properties().forEach(e -> config.put(e.getKey(), e.getValue().asText()));
        JdbcSinkConnectorTask task = new JdbcSinkConnectorTask();
        task.initialize(context(records));
        task.start(config);
        try {
            task.put(records);
            task.put(List.of()); // a failure is thrown by the next call
        }
        finally {
            task.stop();
        }
    }

    private SinkRecord record(JsonNode r, long offset) {
        String topic = r.get("topic").asText();
        SchemaAndValue key = keys.toConnectData(topic, bytes(r.get("key")));
        SchemaAndValue value = values.toConnectData(topic, bytes(r.get("value")));
        return new SinkRecord(topic, 0, key.schema(), key.value(), value.schema(), value.value(), offset, 0L, TimestampType.CREATE_TIME);
    }

    /** What the worker tells a task: its partitions; there is no reporter of bad records. */
    private static SinkTaskContext context(List<SinkRecord> records) {
        Set<TopicPartition> partitions = new java.util.HashSet<>();
        records.forEach(r -> partitions.add(new TopicPartition(r.topic(), 0)));
        return (SinkTaskContext) Proxy.newProxyInstance(JdbcSink.class.getClassLoader(), new Class<?>[]{ SinkTaskContext.class },
                (proxy, method, args) -> switch (method.getName()) {
                    case "assignment" -> partitions;
                    case "configs" -> Map.of();
                    default -> null;
                });
    }

    private static String rootMessage(Throwable error) {
        Throwable e = error;
        while (e.getCause() != null && e.getCause() != e) {
            e = e.getCause();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static byte[] bytes(JsonNode text) {
        return text.isNull() ? null : text.asText().getBytes(StandardCharsets.UTF_8);
    }
}

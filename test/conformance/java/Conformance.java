package conformance;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The side of the harness that runs Debezium's and Kafka's own code. It reads commands from standard input, one JSON
 * object per line, and answers each with one on standard output; connector.py speaks to it.
 * <pre>
 * {"do":"start","connector":{...},"converter":{...}}   starts the connector
 * {"do":"await","marker":"7"}                          records up to the logical message conformance.end with that content
 * {"do":"stop"}                                        stops it; answers what came after the last marker
 * {"do":"read","schemas":true,"records":[...]}         reads records as consumers do: see Consumers
 * {"do":"versions"}
 * </pre>
 * An answer with a member "error" says what went wrong.
 */
public final class Conformance {

    static final ObjectMapper JSON = new ObjectMapper();

    private Conformance() {
    }

    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.setOut(System.err); // what libraries print
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Run run = null;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            ObjectNode answer = JSON.createObjectNode();
            try {
                JsonNode command = JSON.readTree(line);
                switch (command.get("do").asText()) {
                    case "start" -> run = new Run(command);
                    case "await" -> answer.set("records", run.await(command.get("marker").asText()));
                    case "stop" -> {
                        if (run != null) {
                            answer.set("records", run.stop());
                        }
                        run = null;
                    }
                    case "read" -> Consumers.read(command, answer);
                    case "versions" -> versions(answer);
                    default -> answer.put("error", "no such command: " + line);
                }
            }
            catch (Run.Failed e) {
                answer.set("records", e.records);
                answer.put("error", e.getMessage());
            }
            catch (Throwable e) {
                answer.put("error", Run.causes(null, e));
            }
            out.println(JSON.writeValueAsString(answer));
            out.flush();
        }
        System.exit(0);
    }

    private static void versions(ObjectNode answer) {
        answer.put("debezium", io.debezium.connector.postgresql.Module.version());
        answer.put("kafka", org.apache.kafka.common.utils.AppInfoParser.getVersion());
        answer.put("java", System.getProperty("java.version"));
    }
}

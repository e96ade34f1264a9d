import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One OpenSearch node until it is ended: OpenSearchNode.java FOLDER PORT TRANSPORT-PORT. */
public class OpenSearchNode extends OpenSearchRunner {
    public static void main(String[] arguments) {
        OpenSearchNode node = new OpenSearchNode();
        int port = Integer.parseInt(arguments[1]);
        // the runner's own main refuses ports above 9299
        node.maxHttpPort = -1;
        node.onBuild((number, settings) -> settings.put("http.port", port).put("network.host", "127.0.0.1")
                .put("transport.port", Integer.parseInt(arguments[2])).put("cluster.routing.allocation.disk.threshold_enabled", false));
        node.build(newConfigs().basePath(arguments[0]).numOfNode(1).baseHttpPort(port - 1).clusterName("cdc_json"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception e) {
                e.printStackTrace();
            }
        }));
        node.ensureYellow();
        System.out.println("started");
        try {
            while (!node.isClosed())
                Thread.sleep(1000);
        } catch (InterruptedException e) {
            // it is ended
        }
    }
}

import dev.lqmf.hub.DownloadListener;
import dev.lqmf.hub.DownloadProgress;
import dev.lqmf.hub.HubClient;
import dev.lqmf.hub.ModelId;

/** Fetches the model named on the command line as the environment says; prints the snapshot. */
void main(String[] arguments) throws Exception {
  DownloadListener listener =
      new DownloadListener() {
        @Override
        public void progressed(DownloadProgress progress) {}

        @Override
        public void waiting(String file) {
          IO.println("waiting " + file);
        }
      };
  IO.println(HubClient.fromEnvironment().snapshot(ModelId.parse(arguments[0]), listener));
}

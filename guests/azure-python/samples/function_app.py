"""The well-known patterns of Durable Functions, each a blueprint of its own."""

import azure.durable_functions as df
import azure.functions as func

import chaining
import counter
import fan_out
import human_interaction
import monitor

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (chaining.bp, counter.bp, fan_out.bp, human_interaction.bp, monitor.bp):
    app.register_functions(blueprint)


@app.route(route="orchestrators/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Starts an orchestration, in Azure. Here it is left out: the host starts them itself."""
    instance_id = await client.start_new(req.route_params["name"], client_input=req.get_json())
    return client.create_check_status_response(req, instance_id)

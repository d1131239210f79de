// The five steps of the guided start: what each says, what it marks, and what it can do for you.

const STORY_STEPS = 400;
// Connections that rescue the static network of the start, by the names of their neurons.
const RESCUE = [["1_6", "2_11"], ["1_7", "2_11"]];

function STORY(app) {
  const send = command => app.send(command);
  const run = () => { app.guide.until = app.model.step + STORY_STEPS; return send({do: "run"}); };
  const begun = frame => frame.step > 0 || frame.running;
  const idOf = (lane, name) => lane.neurons.find(neuron => neuronName(lane, neuron.id) === name)?.id;
  const pairs = lane => RESCUE.map(pair => pair.map(name => idOf(lane, name)));
  const missing = lane => pairs(lane).filter(([s, t]) => s !== undefined && t !== undefined &&
    !lane.connections.some(d => d[0] === s && d[1] === t));
  const drawThem = async () => {
    for (const [source, target] of missing(app.model.frame.lanes[0])) await send({do: "draw", lane: 0, source, target});
  };
  return [
    {
      title: "Two networks, wired alike",
      look: frame => ({
        text: frame.step >= STORY_STEPS ? "Both have had the same training. Now look at what they say about the plane."
          : "Both learn to tell two moons apart, and begin with the same few connections. The static one keeps its wiring. " +
            "The rewired one moves connections while it learns. Run them.",
        act: begun(frame) ? null : "▶ Run", hint: begun(frame) ? [] : [".controls .run"],
        done: frame.step >= STORY_STEPS,
      }),
      act: run,
    },
    {
      title: "Fixed wiring misses the moons",
      look: frame => ({
        text: `The static network is right at ${shareOf(frame.lanes[0].accuracy)} of the points, and stays there however long it trains: ` +
          "the paths that it needs do not exist. Pale neurons are dead: nothing leads from them to the output.",
        act: begun(frame) ? frame.running ? null : "Train on" : "▶ Run", hint: [".output-0"], done: frame.step >= STORY_STEPS,
      }),
      act: run,
    },
    {
      title: "RigL finds them",
      look: frame => ({
        text: `Every 20 steps the rewired network dropped its weakest connections (dashed) and grew others where the gradient is largest (green). ` +
          `With no more connections than the static one it is right at ${shareOf(frame.lanes[1].accuracy)}.`,
        act: begun(frame) ? null : "▶ Run", hint: [".output-1"], done: frame.lanes[1].accuracy > 0.99,
      }),
      act: run,
    },
    {
      title: "Rescue the static one by hand",
      look: frame => {
        const [lane] = frame.lanes, left = missing(lane), rescued = lane.accuracy > 0.98;
        return {
          ghosts: left,
          text: rescued ? `Rescued: ${shareOf(lane.accuracy)}. Two connections in the right place were all that it lacked.`
            : left.length ? `Draw ${left.length === 2 ? "the two dotted connections" : "the other dotted connection"} in the static network: drag from ` +
              `${left.map(pair => pair.map(id => neuronName(lane, id)).join(" to ")).join(", and from ")}. They start at weight 0.`
            : "Now train on, and watch the line in its output bend.",
          act: rescued ? null : left.length ? "Draw them for me" : frame.running ? null : "▶ Run", done: rescued,
        };
      },
      act: () => missing(app.model.frame.lanes[0]).length ? drawThem() : run(),
    },
    {
      title: "Strip the dead",
      look: frame => {
        const [lane] = frame.lanes, neurons = d3.sum(lane.ranks.slice(1)), stripped = neurons < 33;
        return {
          text: stripped ? `${neurons} neurons are left, and they compute the same. All of this is yours now: draw your own data, ` +
              "cut and draw connections, freeze neurons, prune, and rewind whenever you like."
            : `Of the static network's ${neurons} neurons ${lane.dead} are dead: no path leads through them to the output. Strip them, and what the network computes stays the same.`,
          act: stripped ? null : "Strip", hint: stripped ? [] : [".lane-0 [data-do=strip]"], done: stripped,
        };
      },
      act: () => send({do: "strip", lane: 0}),
    },
  ];
}

const STRANGE = {
  title: "A guided start",
  look: () => ({text: "The five steps tell of two moons and of a certain network. Begin makes them; what is here now can be had again by undoing.", act: "Begin"}),
};

// Whether a session is the one that the guide tells of.
function toldOf({data, network}) {
  return [data, network].every((present, i) => Object.entries(START[i]).every(([key, value]) =>
    String(present && present[key]) === String(value)));
}

"use strict";
// Images are sent, waited for, shown by NiiVue, drawn on, and what was drawn is measured by the server.
(() => {
  const part = (id) => document.getElementById(id);
  const { number, token, step, most } = part("main").dataset;
  const headers = { "X-Form-Token": token };

  function say(faults) {
    const shown = part("problem");
    shown.hidden = faults.length === 0;
    part("again").hidden = true;
    shown.replaceChildren(...faults.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
    if (faults.length) shown.scrollIntoView({ block: "center" }); // the button may be far below
  }

  function wait(text) {
    part("waiting").hidden = text === "";
    part("doing").textContent = text;
    part("progress").removeAttribute("value");
  }

  const SAID = {
    404: "These images are not on the server any more: another measurement was begun, or the server was started again.",
    413: "This is more than the server takes.",
  };

  // What a refusal says: the faults it lists, or the text of the page it is.
  function faultsOf(status, text) {
    try {
      return JSON.parse(text).faults;
    } catch {
      const page = new DOMParser().parseFromString(text, "text/html");
      const said = page.querySelector("main p")?.textContent ?? "Tell whoever runs it.";
      return [SAID[status] ?? `The server could not do this (${status}). ${said}`];
    }
  }

  const failure = (faults, isOver = false) => Object.assign(new Error(faults.join(" ")), { faults, isOver });

  // An answer that is one; else it throws what went wrong, in words.
  async function answered(address, options) {
    const answer = await fetch(address, options).catch(() => {
      throw failure(["The server did not answer."]);
    });
    if (answer.redirected) throw failure(["Your session is over, and the images went with it: sign in again."], true);
    if (!answer.ok) throw failure(faultsOf(answer.status, await answer.text()));
    return answer;
  }

  // What went wrong, and a button to go on from there.
  function stop(error, again = () => location.reload()) {
    wait("");
    say(error.faults ?? [`This page failed: ${error.message}`]);
    part("again").hidden = false;
    part("again").onclick = again;
  }

  // Asks once a second how far the server is, until it is not busy any more.
  async function done() {
    for (;;) {
      const state = await (await answered(`/measure/${number}/state`)).json();
      if (!state.busy) return;
      await new Promise((resume) => setTimeout(resume, 1000));
    }
  }

  // Until the images are read; the page then shows them, or why they cannot be used.
  async function read() {
    say([]);
    wait("Reading the images …");
    try {
      await done();
      location.reload();
    } catch (error) {
      stop(error, read);
    }
  }

  function send(event) {
    event.preventDefault();
    const form = new FormData(part("send"));
    const files = [...form.values()].filter((value) => value instanceof File && value.name);
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    if (!form.getAll("dce").some((file) => file.name)) return say(["Choose the contrast-enhanced series first."]);
    if (bytes > Number(most)) return say([`These files are ${(bytes / 1e9).toFixed(2)} GB: more than is taken.`]);
    say([]);
    wait("Sending …");
    part("send").hidden = true;
    const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
    request.open("POST", `/measure/images/${number}`);
    request.setRequestHeader("X-Form-Token", token);
    request.upload.onprogress = ({ loaded, total }) => (part("progress").value = loaded / total);
    request.upload.onload = () => wait("Reading the images …");
    request.onerror = () => refused(["The images did not arrive. Are they too many, or is the connection gone?"]);
    request.onload = () => (request.status === 200 ? read() : refused(faultsOf(request.status, request.responseText)));
    request.send(form);
  }

  function refused(faults) {
    wait("");
    part("send").hidden = false;
    say(faults);
  }

  if (step === "receiving" || step === "reading") read();
  part("send")?.addEventListener("submit", send);
  if (part("canvas")) draw().catch(hide);

  // Tools without images would do nothing.
  function hide(error) {
    part("work").hidden = true;
    stop(failure([`The images could not be shown (${error.message}).`]));
  }

  async function draw() {
    const view = JSON.parse(part("view").textContent);
    const axis = { sagittal: 0, coronal: 1, axial: 2 }[view.plane];
    const across = [0, 1, 2].filter((other) => other !== axis);
    const { Niivue, SLICE_TYPE, DRAG_MODE } = globalThis.niivue;
    const type = { sagittal: SLICE_TYPE.SAGITTAL, coronal: SLICE_TYPE.CORONAL, axial: SLICE_TYPE.AXIAL }[view.plane];
    const viewer = new Niivue({
      logLevel: "silent",
      dragAndDropEnabled: false,
      isRadiologicalConvention: true,
      dragMode: DRAG_MODE.pan, // of the right button
      crosshairColor: [1, 0.8, 0.2, 0.7],
      crosshairWidth: 0.25,
      crosshairWidthUnit: "percent",
      sliceType: type,
    });
    wait("Loading the images …");
    await viewer.attachToCanvas(part("canvas"));
    await viewer.loadVolumes([{ url: `/measure/${number}/files/preview.nii`, frame4D: view.first, cal_min: 0, cal_max: 255 }]);
    const volume = viewer.volumes[0];
    const size = volume.dimsRAS.slice(1, 4);
    const spacing = volume.pixDimsRAS.slice(1, 4);
    if (view.drawn) await viewer.loadDrawingFromUrl(`/measure/${number}/files/region.nii.gz`);
    else viewer.createEmptyDrawing();
    viewer.setDrawOpacity(0.45);
    wait("");
    let measured = view.drawn ? viewer.drawBitmap.slice() : null; // what the result is of

    const at = () => Array.from(viewer.scene.crosshairPos, (place, i) => Math.min(size[i] - 1, Math.floor(place * size[i])));
    function go(place) {
      place.forEach((index, i) => (viewer.scene.crosshairPos[i] = (Math.max(0, Math.min(size[i] - 1, index)) + 0.5) / size[i]));
      viewer.drawScene();
      shown();
    }
    function shown() {
      const slice = at()[axis] + 1;
      part("slice").value = slice;
      part("where").textContent = `Slice ${slice} of ${size[axis]} · ${part("phase").selectedOptions[0].textContent}`;
    }
    function count() {
      const marked = viewer.drawBitmap.reduce((sum, mark) => sum + (mark ? 1 : 0), 0);
      const volumeMl = (marked * spacing[0] * spacing[1] * spacing[2]) / 1000;
      part("drawn").textContent = marked ? `${marked} voxels, ${volumeMl.toPrecision(2)} ml` : "Nothing drawn yet";
      part("measure").disabled = marked === 0;
      part("result").hidden = measured !== null && viewer.drawBitmap.some((mark, i) => mark !== measured[i]);
      if (part("result").hidden) part("drawn").textContent += ": not what was measured";
    }
    function pen() {
      const { value } = document.querySelector("input[name=pen]:checked");
      viewer.setDrawingEnabled(value !== "move");
      viewer.setPenValue(value === "erase" ? 0 : 1, true);
    }
    function ball() {
      const [middle, radius] = [at(), Number(part("radius").value)];
      const reach = spacing.map((length) => Math.floor(radius / length));
      const ranges = middle.map((index, i) => [Math.max(0, index - reach[i]), Math.min(size[i] - 1, index + reach[i])]);
      for (let z = ranges[2][0]; z <= ranges[2][1]; z++)
        for (let y = ranges[1][0]; y <= ranges[1][1]; y++)
          for (let x = ranges[0][0]; x <= ranges[0][1]; x++) {
            const far = Math.hypot(...[x, y, z].map((index, i) => (index - middle[i]) * spacing[i]));
            if (far <= radius) viewer.drawBitmap[x + size[0] * (y + size[1] * z)] = 1;
          }
      changed();
    }
    function changed() {
      viewer.drawAddUndoBitmap();
      viewer.refreshDrawing(true);
      count();
    }
    function grey() {
      volume.cal_min = Math.min(Number(part("low").value), Number(part("high").value) - 1);
      volume.cal_max = Number(part("high").value);
      viewer.updateGLVolume();
    }
    const shift = (along, by) => go(at().map((index, i) => index + (i === along ? by : 0)));
    function wheel(event) {
      event.preventDefault();
      event.stopImmediatePropagation(); // which would change the size of the picture
      shift(axis, event.deltaY > 0 ? 1 : -1);
    }
    function key(event) {
      const turned = viewer.opts.isRadiologicalConvention && across[0] === 0 ? -1 : 1;
      const moves = {
        ArrowLeft: [across[0], -turned], ArrowRight: [across[0], turned], ArrowUp: [across[1], 1], ArrowDown: [across[1], -1],
        PageUp: [axis, 1], PageDown: [axis, -1],
      };
      const move = moves[event.key];
      if (!move && event.key !== "Enter") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!move) return ball();
      shift(...move);
    }

    part("slice").max = size[axis];
    part("slice").addEventListener("input", () => go(at().map((index, i) => (i === axis ? part("slice").value - 1 : index))));
    part("phase").addEventListener("change", () => (viewer.setFrame4D(volume.id, Number(part("phase").value)), shown()));
    part("zoom").addEventListener("input", () => {
      const zoom = Number(part("zoom").value); // to the cross, which comes to lie in the middle
      const [middle, cross] = [[0.5, 0.5, 0.5], viewer.scene.crosshairPos].map((place) => viewer.frac2mm(place));
      viewer.setPan2Dxyzmm(zoom === 1 ? [0, 0, 0, 1] : [...[0, 1, 2].map((i) => middle[i] - zoom * cross[i]), zoom]);
    });
    for (const id of ["low", "high"]) part(id).addEventListener("input", grey);
    for (const choice of document.querySelectorAll("input[name=pen]")) choice.addEventListener("change", pen);
    part("ball").addEventListener("click", ball);
    part("undo").addEventListener("click", () => (viewer.drawUndo(), count()));
    part("wipe").addEventListener("click", () => (viewer.drawBitmap.fill(0), changed()));
    part("canvas").addEventListener("keydown", key, true);
    part("canvas").addEventListener("wheel", wheel, { capture: true, passive: false });
    part("canvas").addEventListener("mouseup", () => setTimeout(count));
    viewer.onLocationChange = shown;
    part("measure").addEventListener("click", async () => {
      const sent = viewer.drawBitmap.slice();
      if (await measure(viewer)) measured = sent;
      count();
    });
    go(size.map((n) => Math.floor(n / 2)));
    pen();
    count();
  }

  // What was drawn, in the order of the file that was shown, without the header before it; whether it was measured.
  async function measure(viewer) {
    say([]);
    part("measure").disabled = true;
    wait("Measuring …");
    try {
      const file = await viewer.saveImage({ filename: "", isSaveDrawing: true });
      const packed = new Blob([file.slice(352)]).stream().pipeThrough(new CompressionStream("gzip"));
      const body = await new Response(packed).arrayBuffer();
      await answered(`/measure/region/${number}`, { method: "POST", headers, body });
      await done();
      const isMeasured = await show();
      wait("");
      return isMeasured;
    } catch (error) {
      stop(error);
      part("again").hidden = !error.isOver; // to measure again there is a button, and loading would lose what is drawn
      if (!error.isOver) part("problem").append("What is drawn is still here: measure again.");
      return false;
    }
  }

  // The result, out of the page as the server has it now; whether there is one.
  async function show() {
    const answer = await answered(`/measure/${number}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    part("result").replaceChildren(...page.getElementById("result").childNodes);
    say([...page.querySelectorAll(".faults[role=alert] li")].map((item) => item.textContent));
    part("result").querySelector("img")?.setAttribute("src", `/measure/${number}/files/figure.png?${Date.now()}`);
    part("result").hidden = false;
    part("result").focus();
    return part("result").querySelector("table") !== null;
  }
})();

/**
 * JointJS comes as one file that sets a global: 0.4 s instead of the 2.5 s that its 135 modules need.
 */
import "../../vendor/joint/joint.min.js";

const joint = /** @type {typeof import("@joint/core")} */ (/** @type {any} */ (globalThis).joint);

export const { dia, util, V } = joint;

/**
 * The reason of a signal that ends what accompanies some work, when the work is done: nobody sees it. Without a reason Node makes
 * a DOMException with a stack each time, which takes longer than much of the work.
 */
export const DONE: unique symbol = Symbol('done');

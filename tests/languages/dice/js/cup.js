/** What a cup remembers, and what it does: as in Rust. */

import { entity, Failure } from "dacapo";

/** A sum that can be spilled. It counts its uses, so that each of them makes another state in every language. */
class Cup {
    sum = 0;
    uses = 0;

    add(n) {
        this.sum += n;
        this.uses += 1;
        if (n % 5 === 4) throw new Failure("spilled", `${n}`);
        return this.sum;
    }

    shake(_, cx) {
        const number = cx.random();
        this.sum += Math.floor(number * 100);
        this.uses += 1;
        return { number, uuid: cx.uuid(), now: cx.now.getTime(), key: cx.key };
    }

    pour(to, cx) {
        cx.entity("cup", to).signal("add", this.sum);
        this.sum = 0;
        this.uses += 1;
        return cx.start("dice", { steps: [] });
    }

    look() {
        return this.sum;
    }
}

entity("cup", Cup);

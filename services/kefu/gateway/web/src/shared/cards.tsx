/** What an action shows as cards. All that a card holds came from a company's system: it is text, and never read as HTML. */
import type { ComponentChild } from "preact";
import { useId } from "preact/hooks";
import type { Card } from "../gen/kefu/router/v1/chat_pb.js";
import "./cards.css";

interface CardsProps {
  cards: readonly Card[];
  /** What a card's link is called. */
  open: string;
  /** What stands below a card. `details` names the elements that say more of it than its title. */
  below?: (card: Card, details: string) => ComponentChild;
}

/** Cards in their order: a list, unless there is one only. */
export function CardList({ cards, ...more }: CardsProps) {
  const [only] = cards;
  if (!only) return null;
  if (cards.length === 1) return <OneCard card={only} number={1} {...more} />;
  return (
    <ul class="action-cards">
      {cards.map((card, index) => (
        <li>
          <OneCard card={card} number={index + 1} {...more} />
        </li>
      ))}
    </ul>
  );
}

/** `number`: by which a reply may choose it, as in the text. */
function OneCard({ card, number, open, below }: Omit<CardsProps, "cards"> & { card: Card; number: number }) {
  const id = useId();
  const address = secureAddress(card.link);
  const details = [card.status && `${id}-status`, card.fields.length > 0 && `${id}-fields`].filter(Boolean).join(" ");
  return (
    <article class="action-card" aria-labelledby={`${id}-title`}>
      <header>
        <h3 id={`${id}-title`} dir="auto">
          {card.choice && `${number}. `}
          {card.title}
        </h3>
        {card.status && (
          <p class="card-status" id={`${id}-status`} dir="auto">
            {card.status}
          </p>
        )}
      </header>
      {card.fields.length > 0 && (
        <dl id={`${id}-fields`}>
          {card.fields.map(({ label, value }) => (
            <div>
              <dt dir="auto">{label}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {address && (
        <a href={address} target="_blank" rel="noopener noreferrer nofollow ugc" aria-describedby={`${id}-title`}>
          {open}
        </a>
      )}
      {below?.(card, details)}
    </article>
  );
}

/** The address, when it may be a link: https and nothing else. */
export function secureAddress(address: string): string | null {
  try {
    const url = new URL(address);
    return url.protocol === "https:" && !url.username && !url.password ? url.href : null;
  } catch {
    return null; // relative, or no address: it would lead somewhere on our own site
  }
}

// What is asked before something is done for good, or told on its own: over the page, and closed by the Escape key.
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

export function Question({
  title,
  isOpen,
  onClose,
  children,
  size,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  size?: string;
}) {
  return (
    <Modal.Root opened={isOpen} onClose={onClose} centered lockScroll={false} {...(size ? { size } : {})}>
      <Modal.Overlay className="drawer-over" />
      <Modal.Content className="question">
        <Modal.Title>{title}</Modal.Title>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
